"""Where words go: results to stdout, everything about the way there to stderr."""

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def stdout() -> "Console":
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


def stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """Write the value alone to stdout, as one JSON document."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
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
    if not typer.confirm(question, err=True):
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

    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    return structlog.processors.JSONRenderer()
