"""The widget's files as they travel: what `build` made, with the settings and texts beside it, named by a hash."""

import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable

STATIC = files("session_api.widget") / "static"
BUILT = files("session_api.widget") / "built"
LANGUAGES = ("en", "de", "fr", "es", "ar")

JAVASCRIPT = "text/javascript; charset=utf-8"
CSS = "text/css; charset=utf-8"
HTML = "text/html; charset=utf-8"
SVG = "image/svg+xml"


@dataclass(frozen=True)
class Asset:
    """A file, plain and compressed, with the tag that changes when it does. Compressed when somebody first takes it."""

    kind: str
    body: bytes

    @cached_property
    def compressed(self) -> bytes:
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def tag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


def asset(kind: str, text: str) -> Asset:
    """Return the file as it is served."""
    return Asset(kind, text.encode())


def texts(language: str) -> dict[str, str]:
    """Return everything that the widget says in a language, by key."""
    found: dict[str, str] = json.loads(_read(STATIC / "locales" / f"{language}.json"))
    return found


def loaded(settings: Mapping[str, object]) -> dict[str, Asset]:
    """Return what is loaded once the chat is opened, by path below `/widget/<release>/`."""
    chat, style = _read(BUILT / "panel.js"), _read(BUILT / "panel.css").strip()
    given = {"CSS": style, "SETTINGS": settings}
    scripts = {"chatkit.js": _read(BUILT / "chatkit.js")}
    scripts |= {f"panel-{name}.js": chat + _constants({"TEXTS": _chat_texts(name), **given}) for name in LANGUAGES}
    return {path: asset(JAVASCRIPT, text) for path, text in scripts.items()} | {
        "demo.css": asset(CSS, _read(STATIC / "demo.css")),
        "demo.svg": asset(SVG, _read(STATIC / "demo.svg")),
    }


def release(assets: Mapping[str, Asset]) -> str:
    """Return the name under which exactly these files are served."""
    whole = "".join(path + assets[path].tag for path in sorted(assets))
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def launcher(configuration: Mapping[str, object]) -> str:
    """Return `embed.js` with the configuration in the place that it has for it."""
    told = {**configuration, "css": _read(BUILT / "launcher.css").strip()}
    written = json.dumps(told, separators=(",", ":"))  # ASCII only: whatever a title holds, it stays one string
    return _read(BUILT / "embed.js").replace("CONFIGURATION", written, 1)


def _constants(values: Mapping[str, object]) -> str:
    """Values as the script's constants. They follow the code that uses them, which runs when all of it is there."""
    return "".join(f"const {name}={_json(value)};\n" for name, value in values.items())


def _chat_texts(language: str) -> dict[str, str]:
    return {key: text for key, text in texts(language).items() if key not in {"open", "load_failed"}}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _read(path: Traversable) -> str:
    return path.read_text(encoding="utf-8")
