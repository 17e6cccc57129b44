"""Console: Rich's, for text that others wrote. Its own sequences reach the terminal, those in the text do not."""

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from sync.invisible import removed


class PlainConsole(Console):
    """Shows whatever is printed, tables and progress included, without what no reader sees."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(removed(segment.text), segment.style)
