"""Build step of the widget: `static/` minified into `built/`, which is committed and served as it stands.

`python -m session_api.widget.build` writes `built/`; with `--check` it writes nothing and fails where `built/` is not
what `static/` says. For developers only: what runs in production reads `built/` and needs no minifier.
"""

import re
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).parent
STATIC = HERE / "static"
BUILT = HERE / "built"
MODULES = (
    "markdown", "announcer", "conversation", "actions", "store", "api", "dom", "theme", "contact", "history",
    "message", "layout", "composer", "message_list", "panel", "mobile_dialog",
)  # fmt: skip
"""What the chat consists of, in an order that compresses well. But for constants, nothing runs before all is there."""
ENTRY = "panel"

_IMPORT = re.compile(r"^import\b[^;(]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


def sources() -> dict[str, str]:
    """Return the files to be minified, by name: the chat's modules as one, and what stands alone."""
    alone = ("embed.js", "chatkit.js", "panel.css", "launcher.css")
    return {"panel.js": "".join(map(_inner, MODULES))} | {name: _read(STATIC / name) for name in alone}


def minified(name: str, source: str) -> str:
    """Return a script or a style sheet without what only people need. Its meaning and its global names stay.

    Raises ValueError where it is not JavaScript, and ImportError where the minifier has no wheel.
    """
    import minify

    kind = "text/css" if name.endswith(".css") else "text/javascript"
    shorter: str = minify.string(kind, source)
    return shorter + "\n"


def stale(folder: Path = BUILT) -> list[str]:
    """Return the names in the folder that are missing, superfluous, or not what the sources say."""
    wanted = {name: minified(name, source) for name, source in sources().items()}
    found = {path.name: _read(path) for path in folder.iterdir()}
    return sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))


def main(arguments: list[str]) -> None:
    if find_spec("minify") is None:
        sys.stderr.write("widget: the minifier has no wheel for this machine, so nothing is built or checked\n")
    elif arguments != ["--check"]:
        for name, source in sources().items():
            (BUILT / name).write_text(minified(name, source), encoding="utf-8")
    elif old := stale():
        sys.exit(f"{', '.join(old)} in {BUILT}: not what {STATIC} says; run: python -m session_api.widget.build")


def _inner(module: str) -> str:
    """A module as a part of one: names at its top are used in no other, so nothing is left to import."""
    text = _IMPORT.sub("", _read(STATIC / f"{module}.js"))
    return text if module == ENTRY else _EXPORT.sub("", text)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
