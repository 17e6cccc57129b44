"""What a customer may ask for: `erase`."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json


def erase(
    visitor: Annotated[
        str, typer.Argument(metavar="VISITOR", help="Their id here or at the host site, or their e-mail address.")
    ],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete everything about a visitor; refuse their tokens.

    Threads, messages and recorded questions; of an e-mail address, past conversations of help desks, too.
    """
    from cli import wiring
    from session_api.chat import erasure

    settings = wiring.read(config)
    if not yes:
        output.agree(
            f"Delete everything about {visitor}? It cannot be undone.",
            unasked="nobody can be asked here whether to erase, so add --yes",
        )
    state = wiring.open_state(settings)
    try:
        hosted = wiring.client(settings) if settings.chat and settings.chat.mode == "hosted" else None
        erased = erasure.erase(state, visitor, hosted)
    finally:
        state.close()
    if as_json:
        output.print_json(asdict(erased))
        return
    places = {
        "threads": erased.threads,
        "messages": erased.items,
        "recorded questions": erased.questions,
        "threads at OpenAI": erased.at_openai,
        "past conversations": erased.conversations,
    }
    for place, count in places.items():
        output.tell(f"{place}: {count:,} deleted")
    output.tell("tokens: refused from now on")
    output.tell("backups and logs: not touched; logs hold ids, no words")
