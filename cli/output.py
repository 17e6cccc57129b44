"""Where words go: results to stdout, everything about the way there to stderr.

Titles, names and errors quote what others wrote. Whatever is written here holds no control character, mark of direction
or other letter that no reader sees: a terminal does nothing but show it.
"""

import json
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from sync.invisible import removed

if TYPE_CHECKING:
    from rich.console import Console

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def stdout() -> "Console":
    from cli.console import PlainConsole

    return PlainConsole(highlight=False, soft_wrap=True)


def stderr() -> "Console":
    from cli.console import PlainConsole

    return PlainConsole(stderr=True, highlight=False, soft_wrap=True)


def tell(text: str) -> None:
    """Write a line to stdout."""
    sys.stdout.write(removed(text) + "\n")
    sys.stdout.flush()


def warn(text: str) -> None:
    """Write a line to stderr, without loading what draws tables."""
    sys.stderr.write(removed(text) + "\n")


def print_json(value: Any) -> None:
    """Write the value alone to stdout, as one JSON document; what no reader sees is escaped in it, and not lost."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.write(_UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text) + "\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Write a line for whoever runs the command to stderr."""
    stderr().print(text, markup=False)


def interactive() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agree(question: str, *, unasked: str = "nobody can be asked here, so add --yes") -> None:
    """Leave the command unless somebody agrees: with 1 for a no, with 2 and `unasked` where there is nobody."""
    import typer

    if not interactive():
        say(f"answerwell: {unasked}")
        raise typer.Exit(2)
    if not typer.confirm(removed(question), err=True):
        raise typer.Exit(1)


def configure_logs(*, verbose: bool) -> None:
    """Log to stderr: warnings, or with `verbose` every outcome; as JSON where nobody watches."""
    import structlog

    from sync.log_redaction import redact_exceptions

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact_exceptions,
            _renderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if verbose else logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # looked up late: progress bars stand in for it
    )


def adopt_library_logs() -> None:
    """Have what libraries warn of written as our own lines are: one JSON object each where nobody watches."""
    import structlog

    from sync.log_redaction import redact_exceptions

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact_exceptions,
                _renderer(),
            ],
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)


def _renderer() -> Any:
    """For a person in colours, else one JSON object a line. Rich would show every local variable of a traceback."""
    import structlog

    if not sys.stderr.isatty():
        return structlog.processors.JSONRenderer()
    drawn = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return lambda logger, name, event: drawn(logger, name, plain_fields(event))


def plain_fields(event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return a log event as a terminal may show it."""
    return {name: removed(value) if isinstance(value, str) else value for name, value in event.items()}
