"""telemetry: spans of what is done, for whoever sets up OpenTelemetry; nothing happens where nobody does."""

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
