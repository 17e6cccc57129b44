"""Log redaction: what people wrote, and keys, stay out of logs, whoever writes the line.

Libraries print requests at DEBUG, and exceptions quote what they failed at. Words of an exception are shown only where
it is one of ours: those are written for people, and name ids and settings.
"""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any

from sync.errors import SyncError
from sync.invisible import removed


def restrain(*libraries: str) -> None:
    """Have the loggers of these libraries, as far as they exist, say nothing below WARNING and quote no exception.

    To be called once a library is imported: environment variables such as OPENAI_LOG=debug are then overruled.
    """
    for library in libraries:
        for logger in _loggers(library):
            logger.setLevel(max(logger.level, logging.WARNING))
            logger.addFilter(_RESTRAINT)


def redacted(error: BaseException) -> str:
    """Describe an exception and its causes: classes and places in the code, and the words of our own errors."""
    return "\n".join(line for each in _chain(error) for line in _lines(each))


def redact_exceptions(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the exception that is logged, as far as it may be shown."""
    given = event.pop("exc_info", None)
    error = given[1] if isinstance(given, tuple) else sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        event["exception"] = redacted(error)
    return event


def redact_crashes() -> None:
    """Have what ends this process, or a thread of it, told without what it quotes."""

    def crashed(_kind: type[BaseException], error: BaseException, _place: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            return  # whoever pressed it knows
        sys.stderr.write(f"answerwell: this is a fault of ours; please report it:\n{removed(redacted(error))}\n")

    def thread_crashed(thread: threading.ExceptHookArgs) -> None:
        if thread.exc_value is not None and not isinstance(thread.exc_value, SystemExit):
            crashed(thread.exc_type, thread.exc_value, None)

    sys.excepthook, threading.excepthook = crashed, thread_crashed


class _Restraint(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return False
        if isinstance(record.exc_info, tuple) and isinstance(record.exc_info[1], BaseException):
            record.msg, record.args = redacted(record.exc_info[1]), None
            record.exc_info = record.exc_text = None
        return True


_RESTRAINT = _Restraint()


def _loggers(library: str) -> Iterator[logging.Logger]:
    yield logging.getLogger(library)
    known = list(logging.root.manager.loggerDict.items())
    yield from (found for name, found in known if name.startswith(f"{library}.") and isinstance(found, logging.Logger))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what caused it, the latest first; each once."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        hidden = None if following.__suppress_context__ else following.__context__
        following = following.__cause__ or hidden


def _lines(error: BaseException) -> Iterator[str]:
    yield f"{type(error).__name__}: {error}" if isinstance(error, SyncError) else type(error).__name__
    for frame in traceback.extract_tb(error.__traceback__, limit=-20):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    if isinstance(error, BaseExceptionGroup):
        yield from (f"  | {line}" for part in error.exceptions for line in _lines(part))
