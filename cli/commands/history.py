"""`history`: what is kept of past conversations, and what of it can be used."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json

if TYPE_CHECKING:
    from helpdesk.report import HistoryReport


def history(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    read: Annotated[bool, typer.Option("--read", help="First read the help desks to their end.")] = False,
    source: Annotated[str, typer.Option("--source", metavar="SOURCE", help="Of this help desk alone.")] = "",
    as_json: Json = False,
) -> None:
    """Show past conversations: topics, how many usable.

    They are kept, masked, from the help desks that [helpdesk] names, and never searched by customers.
    """
    from cli import history as histories
    from cli import wiring
    from helpdesk import report
    from sync.errors import Misconfigured

    settings = wiring.read(config)
    named = histories.kept_sources(settings)
    if not named:
        raise Misconfigured(f'{settings.path}: no conversations are kept; add [helpdesk] with source = "NAME"')
    if source and source not in named:
        raise Misconfigured(f'"{source}" is not among [helpdesk] source; write one of: {", ".join(named)}')
    with wiring.opened(settings) as state:
        if read:
            histories.Desks(settings, state).read_now()
        found = report.report(state, [source] if source else named)
        told = report.as_json(state, found)
    if as_json:
        output.print_json(told)
        return
    _show(found, told)


def _show(found: "HistoryReport", told: dict[str, object]) -> None:
    if found.first is None or found.last is None:
        output.tell("no conversations yet; `answerwell history --read` reads them now, a running service by itself")
    else:
        period = f"{found.first:%Y-%m-%d} to {found.last:%Y-%m-%d}"
        output.tell(f"solved conversations: {found.conversations:,}, {period}")
        _counts("languages", found.languages.most_common())
        _counts("topics", found.topics.most_common(10))
        output.tell(f"usable: {found.usable:,} ({found.usable / found.conversations:.0%})")
        _counts("not usable", found.unusable.most_common())
    for desk in told["desks"]:  # type: ignore[attr-defined]  # a list, by `as_json`
        if desk["error"]:
            output.warn(f"{desk['source']}: {desk['error']}")
        elif desk["listing"] or not desk["complete"]:
            output.warn(f"{desk['source']}: not read to its end yet")


def _counts(what: str, counted: "list[tuple[str, int]]") -> None:
    if counted:
        output.tell(f"{what}: " + ", ".join(f"{name} {count:,}" for name, count in counted))
