"""What an operator does when a customer's account was taken over: `revoke`."""

from typing import Annotated

import typer

from cli import output
from cli.commands.operate import who
from cli.options import DEFAULT_CONFIG, ConfigFile, Json


def revoke(
    user: Annotated[str, typer.Option("--user", metavar="SUB", help="Their id at the host site, or their id here.")],
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    as_json: Json = False,
) -> None:
    """End all sessions of a visitor; keep what they said.

    They can sign in again, with an identity that the host site signs from now on.
    """
    from cli import revoking, wiring

    settings = wiring.read(config)
    state = wiring.open_state(settings)
    try:
        revoked = revoking.revoke(settings, state, user, f"{who()} (command line)")
    finally:
        state.close()
    if as_json:
        output.print_json(revoked)
        return
    output.tell(f"sessions of {', '.join(revoked['visitors'])}: refused from the next call on")
    if revoked["at_openai"]:
        output.tell(f"sessions at OpenAI: {revoked['at_openai']:,} cancelled")
    output.tell("what they said: kept; `answerwell erase` deletes it")
