"""Tracing: spans of what is done, for OpenTelemetry; nothing happens where it is not set up."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace

_TRACER = trace.get_tracer("answerwell")


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[None]:
    """Trace the block; ids only are attributes, never content."""
    named = {f"answerwell.{key}": value for key, value in attributes.items()}
    with _TRACER.start_as_current_span(name, attributes=named):
        yield
