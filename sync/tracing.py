"""Tracing: spans of what is done, for OpenTelemetry; nothing happens where it is not set up."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import StatusCode

_TRACER = trace.get_tracer("answerwell")


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """Trace the block; ids only are attributes, never content. Of an exception it tells the class alone."""
    named = {f"answerwell.{key}": value for key, value in attributes.items()}
    with _TRACER.start_as_current_span(
        name, attributes=named, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(StatusCode.ERROR)
            raise
