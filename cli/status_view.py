"""How `status` shows what it found to a person: as tables, once or as it goes."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli import output

SHOWN = 20
LOOK_EVERY = 1.0


def follow(look: Callable[[], dict[str, Any]], pause: Callable[[float], None] = time.sleep) -> None:
    """Show it as it changes: in place on a terminal, else a line for each change of a source. Ends with Ctrl-C."""
    from rich.live import Live

    console = output.stdout()
    try:
        if console.is_terminal:
            with Live(shown(look()), console=console, auto_refresh=False) as live:
                while True:
                    pause(LOOK_EVERY)
                    live.update(shown(look()), refresh=True)
        told: dict[str, str] = {}
        while True:
            for source in look()["sources"]:
                line = " · ".join(filter(None, (source["name"], source["state"], _progress(source), source["error"])))
                if told.get(source["name"]) != line:
                    told[source["name"]] = line
                    output.tell(line)
            pause(LOOK_EVERY)
    except KeyboardInterrupt:
        return


def shown(found: dict[str, Any]) -> RenderableType:
    """The whole of it, for a person."""
    sources = [{**source, "progress": _progress(source)} for source in found["sources"]]
    errors = [Text(f"{source['name']}: {source['error']}", "yellow") for source in sources if source["error"]]
    return Group(
        _table(("source", "kind", "state", "documents", "problems", "progress"), sources),
        *errors,
        Text(),
        _table(("index", "store", "generation", "files", "unsettled"), found["indexes"]),
        *(Text(f"{index['name']}: {index['error']}", "yellow") for index in found["indexes"] if index["error"]),
        *_list("to look at", [f"{_place(p)}: {p['error']}" for p in found["problems"]]),
        *_list("answers to look at", [_answer(one) for one in found.get("answers", {}).get("look_at", [])]),
        *_list("past conversations", [_desk(one) for one in found.get("history", [])]),
        *_list("the same text in several sources", [" = ".join(map(_place, group)) for group in found["alike"]]),
    )


def _progress(source: dict[str, Any]) -> str:
    """What a running turn has done, how fast, and how long the rest takes at that."""
    going = source["progress"]
    if not going:
        return f"again at {source['retry_at'][11:19]} UTC" if source["retry_at"] else ""
    done = ", ".join(f"{count:,} {stage}" for stage, count in going["counts"].items()) or "begun"
    left = f"{going['remaining']:,} to do" if going["remaining"] else ""
    rate = f"{going['rate']:.1f}/s" if going["rate"] else ""
    soon = f"about {going['seconds_left']:,} s left" if going["remaining"] and going["seconds_left"] else ""
    return " · ".join(filter(None, (done, left, rate, soon)))


def _list(heading: str, lines: Sequence[str]) -> list[RenderableType]:
    if not lines:
        return []
    more = len(lines) - SHOWN
    rest = [Text(f"  and {more:,} more: `answerwell status --json`", "dim")] if more > 0 else []
    return [Text(f"\n{heading}: {len(lines):,}", "bold"), *(Text(f"  {line}") for line in lines[:SHOWN]), *rest]


def _desk(one: dict[str, Any]) -> str:
    how = one["error"] or ("" if one["complete"] else "not read to its end yet")
    return f"{one['source']}: {one['conversations']:,} kept" + (f" · {how}" if how else "")


def _answer(one: dict[str, Any]) -> str:
    return f"{one['what']} {one['id']} “{one['question']}”: {one['why']} ({one['owner']})"


def _place(document: dict[str, str]) -> str:
    return f"{document['source']}:{document['document']} {document['title']}".strip()


def _table(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Table:
    """The first column shows the name."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    for row in rows:
        cells = [row["name"], *(row[column] for column in columns[1:])]
        table.add_row(*(Text(_cell(cell)) for cell in cells))
    return table


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else str(value)
