"""To keep it running: `up` on one machine; `api`, `worker` and `schedule` on many; `backup` and `restore`."""

from pathlib import Path
from typing import Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile

Slots = Annotated[
    int | None,
    typer.Option("--slots", min=1, max=64, help="Turns at once. Default: one for each source and one more, at most 8."),
]
AliveFile = Annotated[
    Path | None,
    typer.Option("--alive-file", metavar="FILE", help="Touched every few seconds while it works, for a health check."),
]


def up(
    context: typer.Context,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run everything on this machine until Ctrl-C.

    API, worker, schedule, and a private broker.
    """
    import subprocess

    from cli.supervise import die_with_parent
    from cli.up import run

    if with_parent:
        die_with_parent()
    output.configure_logs(verbose=True)
    output.adopt_library_logs()
    run(config, context.obj or subprocess.Popen)


def api(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Serve sessions, chat, webhooks, admin API and metrics."""
    from cli.api_process import serve

    output.configure_logs(verbose=True)
    output.adopt_library_logs()
    serve(config)


def worker(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    slots: Slots = None,
    alive_file: AliveFile = None,
    with_schedule: Annotated[bool, typer.Option("--with-schedule", hidden=True)] = False,
) -> None:
    """Run turns on sources, and what operators ask for.

    As many of these as you like, on any machine.
    """
    from cli.worker_process import work

    output.configure_logs(verbose=True)
    output.adopt_library_logs()
    work(config, slots=slots, alive_file=alive_file, with_schedule=with_schedule)


def schedule(config: ConfigFile = DEFAULT_CONFIG, *, alive_file: AliveFile = None) -> None:
    """Send each source's turn when it is due.

    A second one does no harm.
    """
    from cli.worker_process import keep_schedule

    output.configure_logs(verbose=True)
    output.adopt_library_logs()
    keep_schedule(config, alive_file=alive_file)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Such as answerwell.backup; it is replaced.")],
    config: ConfigFile = DEFAULT_CONFIG,
) -> None:
    """Write the state to a file, also while it is used."""
    from cli import backup as keeping
    from cli import wiring

    size = keeping.backup(wiring.read(config), file)
    output.tell(f"{file}: {size / 1e6:,.1f} MB; it holds the texts of all documents: keep it as private as they are")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `answerwell backup` wrote.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    move: Annotated[
        bool, typer.Option("--move", help="The host it was made on is gone for good: take its stores over.")
    ] = False,
) -> None:
    """Replace the state by a backup; keep the old one aside."""
    from cli import backup as keeping
    from cli import wiring

    output.tell(f"restored; {keeping.restore(wiring.read(config), file, move=move)}")
