"""The widget's files as they travel: the chat's modules in one, without comments, named by a hash of everything."""

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

STATIC = files("session_api.widget") / "static"
LANGUAGES = ("en", "de", "fr", "es", "ar")
MODULES = (
    "markdown", "aloud", "api", "conversation", "panel", "dom", "contact", "composer", "message", "history", "frame",
    "sheet", "look",
)  # fmt: skip
"""What the chat consists of, in the order that compresses best: nothing runs before all of it is there."""

JAVASCRIPT = "text/javascript; charset=utf-8"
CSS = "text/css; charset=utf-8"
HTML = "text/html; charset=utf-8"
SVG = "image/svg+xml"

_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/)[ \t]*\n|[ \t]+// [^\n]*$", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^[ \t]+|\n(?=\n)", re.MULTILINE)
_AROUND = re.compile(r";\s*(?=\})|\s*([{};,])\s*|(?<=:) |(?<=[ :,(])0(?=\.\d)")
_SPACED = re.compile(
    r""" ("(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*` | /(?![*/\ ])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+/[a-z]*)
       | ,\s*(?=[\])]) | [,;]\s*(?=\})
       | (?<![\w)\]])\((\w+)\)\s*=>\s*
       | \s*(=>|===|!==|&&|\|\||[?=:;,{}()+*<>]|(?<=[\w)\]]\ )-(?=\ [\w(]))\s* """,
    re.VERBOSE,
)
"""Strings, templates and regular expressions, which stay; what ends a list or a block; a lone parameter; operators."""
_IMPORT = re.compile(r"^import\b[^;(]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """A file, plain and compressed, with the tag that changes when it does."""

    kind: str
    body: bytes
    compressed: bytes
    tag: str


def asset(kind: str, text: str) -> Asset:
    """Return the file as it is served."""
    body = text.encode()
    return Asset(kind, body, gzip.compress(body, 9, mtime=0), f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def texts(language: str) -> dict[str, str]:
    """Return everything that the widget says in a language, by key."""
    found: dict[str, str] = json.loads(_read(STATIC / "locales" / f"{language}.json"))
    return found


def loaded(settings: Mapping[str, object]) -> dict[str, Asset]:
    """Return what is loaded once the chat is opened, by path below `/widget/<release>/`."""
    scripts = {f"{name}.js": _script(name) for name in ("chatkit",)}
    scripts |= {f"panel-{name}.js": _chat({"TEXTS": _said_inside(name), "SETTINGS": settings}) for name in LANGUAGES}
    return {path: asset(JAVASCRIPT, text) for path, text in scripts.items()} | {
        "demo.css": asset(CSS, _read(STATIC / "demo.css")),
        "demo.svg": asset(SVG, _read(STATIC / "demo.svg")),
    }


def release(assets: Mapping[str, Asset]) -> str:
    """Return the name under which exactly these files are served."""
    whole = "".join(path + assets[path].tag for path in sorted(assets))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def launcher(configuration: Mapping[str, object]) -> str:
    """Return `embed.js` with the configuration in it."""
    told = {**configuration, "css": _style("launcher.css")}
    written = json.dumps(told, separators=(",", ":"))  # ASCII only: whatever a title holds, it stays one string
    return _script("embed").replace("const server={};", f"const server={written};", 1)


def _chat(given: Mapping[str, object]) -> str:
    """The chat's modules as one, after what it is given: names at the top of a module are used in no other."""
    modules = [_IMPORT.sub("", _compact(_read(STATIC / f"{name}.js"))) for name in MODULES]
    inner = [part if name == "panel" else _EXPORT.sub("", part) for name, part in zip(MODULES, modules, strict=True)]
    values = {**given, "CSS": _style("panel.css")}
    return "".join(map(_tight, [*inner, *(f"const {name}={_json(value)};\n" for name, value in values.items())]))


def _said_inside(language: str) -> dict[str, str]:
    return {key: text for key, text in texts(language).items() if key not in {"open", "load_failed"}}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _script(name: str) -> str:
    return _tight(_compact(_read(STATIC / f"{name}.js")))


def _tight(script: str) -> str:
    return _SPACED.sub(lambda found: found[1] or (found[2] and f"{found[2]}=>") or found[3] or "", script)


def _style(name: str) -> str:
    return _AROUND.sub(r"\1", _compact(_read(STATIC / name))).strip()


def _compact(text: str) -> str:
    return _INDENT.sub("", _COMMENT.sub("", text))


def _read(path: Traversable) -> str:
    return path.read_text(encoding="utf-8")
