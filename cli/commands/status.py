"""`status`: how every source and index stands, once or as it goes."""

from typing import Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json


def status(
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again every second, until Ctrl-C.")] = False,
) -> None:
    """Show sources and indexes, running syncs, what is wrong."""
    from answering.state.attention import attention
    from cli import status_view, wiring
    from helpdesk.state import history
    from sync.status import status

    settings = wiring.read(config)
    inventory = wiring.inventory(settings)
    with wiring.opened(settings) as state:
        if watch:
            status_view.follow(lambda: status.status(state, inventory))
            return
        found = {**status.status(state, inventory), "answers": attention(state), "history": history.standing(state)}
    if as_json:
        output.print_json(found)
    else:
        output.stdout().print(status_view.shown(found))
