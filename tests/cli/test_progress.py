import io
import threading

from rich.console import Console

from cli.progress import Lines, watching


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_at_once_and_then_one_every_few_seconds() -> None:
    written, clock = io.StringIO(), Clock()
    lines = Lines(Console(file=written, width=200), clock)

    lines.advance("help-center", "observed", 100)
    lines.advance("help-center", "uploaded")
    clock.now += 3
    lines.advance("help-center", "uploaded", 1200)

    assert written.getvalue() == "help-center: 100 observed\nhelp-center: 100 observed, 1,201 uploaded\n"


def test_a_terminal_gets_bars_and_keeps_nothing_of_them() -> None:
    written = io.StringIO()

    with watching(Console(file=written, force_terminal=True, width=120)) as progress:
        progress.advance("help-center", "observed", 10)
        progress.advance("help-center", "uploaded", 4)

    assert "10 observed, 4 uploaded" in written.getvalue()
    assert written.getvalue().endswith("\x1b[2K")


def test_every_advance_of_many_threads_counts() -> None:
    written, clock = io.StringIO(), Clock()
    lines = Lines(Console(file=written, width=200), clock)

    def work() -> None:
        for _ in range(500):
            lines.advance("wiki", "fetched")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    clock.now += 3
    lines.advance("wiki", "fetched")

    assert written.getvalue().splitlines()[-1] == "wiki: 4,001 fetched"
