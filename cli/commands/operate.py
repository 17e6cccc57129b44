"""What an operator decides: `approve-removals`, `forget`, `reindex`, `promote`, `rollback`."""

import getpass
import os
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.commands.sync import report
from cli.options import DEFAULT_CONFIG, ConfigFile, IndexName, known

if TYPE_CHECKING:
    from cli.config import Config
    from sync.state.queries import HeldRemoval

SHOWN = 20


def approve_removals(
    source: Annotated[str, typer.Argument(metavar="SOURCE")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Let the removals through that the brake holds back.

    Each is still confirmed with the source. `release` is the same command.
    """
    from cli import wiring
    from sync.operations import requests
    from sync.state import queries

    settings = wiring.read(config)
    known("source", [source], [found.common.name for found in settings.sources])
    with closing(wiring.open_state(settings)) as state:
        held = queries.held_removals(state, source)
        if not held:
            output.say(f"{source}: nothing is held")
            return
        _confirm(source, held, yes=yes)
        approved = requests.release(state, source, [removal.document for removal in held], who())
    output.tell(f"{source}: {approved.removals} removals released; the next sync carries them out")


def forget(
    source: Annotated[str, typer.Argument(metavar="SOURCE")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take a source that is not configured out of all indexes.

    Nothing of the other sources is uploaded again.
    """
    from cli import wiring
    from cli.progress import watching
    from sync.operations import commands

    settings = wiring.read(config)
    with wiring.running(settings) as engine:
        if source not in engine.sources and not yes:  # one that is configured is refused, nothing to agree to
            output.agree(f"Delete everything of {source} from search and from the state? It cannot be undone.")
        with watching(output.stderr()) as progress:
            forgotten = commands.forget(engine, source, progress)
    output.tell(f"{source}: {forgotten:,} documents forgotten")


def reindex(index: IndexName = None, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Build a new store beside the live one, then switch."""
    from cli import wiring
    from cli.progress import watching
    from sync.operations import commands

    settings = wiring.read(config)
    names = _indexes(index, settings)
    with wiring.running(settings) as engine, watching(output.stderr()) as progress:
        summaries = commands.rebuild(engine, names, progress=progress, who=who())
    report(summaries)
    for name in names:
        output.tell(f"{name}: searches use the new store; `answerwell rollback {name}` goes back")


def promote(index: IndexName = None, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Switch searches to the store that a reindex has built."""
    from cli import wiring
    from sync.operations import commands

    settings = wiring.read(config)
    with wiring.running(settings) as engine:
        for name in _indexes(index, settings):
            commands.promote(engine, name, who=who())
            output.tell(f"{name}: searches use the new store")


def rollback(index: IndexName = None, config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Switch searches back to the previous store."""
    from cli import wiring
    from sync.operations import commands

    settings = wiring.read(config)
    with wiring.running(settings) as engine:
        for name in _indexes(index, settings):
            commands.rollback(engine, name, who=who())
            output.tell(f"{name}: searches use the previous store")


def _confirm(source: str, held: "Sequence[HeldRemoval]", *, yes: bool) -> None:
    """Show what is held, and leave the command unless its removal is agreed to."""
    if not yes and not output.interactive():
        output.say(f"answerwell: {source}: {len(held)} removals are held; nobody can be asked here, so add --yes")
        raise typer.Exit(2)
    for removal in held[:SHOWN]:
        output.say(f"  {removal.title}  {removal.url}")
    if len(held) > SHOWN:
        output.say(f"  and {len(held) - SHOWN} more")
    if not yes and not typer.confirm(f"Remove these {len(held)} from search if {source} confirms it?", err=True):
        raise typer.Exit(1)


def _indexes(index: str | None, settings: "Config") -> Sequence[str]:
    """The named index, or all."""
    return known("index", [index] if index else [], [found.name for found in settings.indexes])


def who() -> str:
    """Return the user of this terminal."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"
