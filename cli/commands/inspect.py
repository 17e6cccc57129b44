"""What there is and what would be: `search`, `plan` and `audit`."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json, SourceNames, known

if TYPE_CHECKING:
    from cli.config import Config
    from sync.model import Hit

PASSAGE = 240


def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY...", help="The words, with or without quotes.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    index: Annotated[str | None, typer.Option("--index", help="Default: the one customers are answered from.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="How many documents at most.")] = 10,
    as_json: Json = False,
) -> None:
    """Ask an index; show each document's best passage."""
    from cli import wiring

    settings = wiring.read(config)
    name = index or _customers_index(settings)
    known("index", [name], [found.name for found in settings.indexes])
    with wiring.searching(settings) as engine:
        found = engine.search(name, " ".join(query), limit)
    if as_json:
        output.print_json([result(hit) for hit in found])
        return
    show(found)
    if not found:
        output.say(f'nothing in "{name}" answers that')


def show(found: Iterable["Hit"]) -> None:
    from rich.text import Text

    console = output.stdout()
    for hit in found:
        console.print(Text.assemble((f"{hit.score:.2f}  ", "dim"), (_title(hit), "bold")))
        console.print(Text(f"      {hit.attributes.get('url', '')}", "cyan"))
        console.print(Text(f"      {_passage(hit)}\n"))


def result(hit: "Hit") -> dict[str, Any]:
    """Return the passage as `search --json` writes it."""
    attributes = {key: str(hit.attributes.get(key, "")) for key in ("url", "source", "document")}
    return {"score": hit.score, "title": _title(hit), **attributes, "text": hit.text}


def plan(sources: SourceNames = None, config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Dry run: say what the next sync would do and cost."""
    from cli import wiring
    from sync.operations import dry_run

    settings = wiring.read(config)
    names = known("source", sources or [], [source.common.name for source in settings.sources])
    with wiring.running(settings) as engine:
        chosen, indexes = [engine.sources[name] for name in names], list(engine.indexes.values())
        planned = asdict(dry_run.preview(engine.state, chosen, indexes, batch_size=engine.concurrency.batch_size))
    if as_json:
        output.print_json(planned)
        return
    actions = [f"{planned[action]:,} to {action}" for action in ("add", "replace", "patch", "remove", "keep")]
    output.tell(" · ".join(actions))
    output.tell(
        f"about {planned['calls']:,} calls · {planned['upload_bytes'] / 1e6:,.1f} MB to upload · "
        f"about ${planned['cost_usd']:.2f} a month to store"
    )


def audit(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what is wrong.")] = False,
    as_json: Json = False,
) -> None:
    """Compare what was recorded with what the stores hold."""
    from cli import wiring
    from sync.operations import commands

    with wiring.running(wiring.read(config)) as engine:
        findings = commands.audit(engine, repair=repair)
    counts = asdict(findings)
    if as_json:
        output.print_json({"ok": findings.ok, **counts})
    else:
        wrong = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
        output.tell(wrong or "ok: the stores hold exactly what was recorded")
    if not findings.ok:
        output.say("mended" if repair else "`answerwell audit --repair` mends it")
        raise typer.Exit(0 if repair else 1)


def _customers_index(settings: "Config") -> str:
    if settings.chat:
        return settings.chat.index
    names = [index.name for index in settings.indexes]
    return "public" if "public" in names else names[0]


def _title(hit: "Hit") -> str:
    """The document's title; a file that is not ours has only its name."""
    return str(hit.attributes.get("title") or hit.filename)


def _passage(hit: "Hit") -> str:
    """The passage on one line, without the title and address that were printed already."""
    said = {_title(hit), str(hit.attributes.get("url"))}
    words = " ".join(" ".join(line for line in hit.text.splitlines() if line.strip("# ") not in said).split())
    return words if len(words) <= PASSAGE else f"{words[:PASSAGE].rsplit(' ', 1)[0]} …"
