"""Options that many commands share."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.spelling import near
from sync.errors import Misconfigured

CONFIG_VARIABLE = "ANSWERWELL_CONFIG"
DEFAULT_CONFIG = Path("answerwell.toml")

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", envvar=CONFIG_VARIABLE, metavar="FILE", help="The configuration file.")
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, and nothing else, to standard output.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Log every outcome to standard error.")]
SourceNames = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Default: all sources.")]
IndexName = Annotated[str | None, typer.Argument(metavar="[INDEX]", help="Default: every index.")]


def known(what: str, names: Sequence[str], configured: Sequence[str]) -> Sequence[str]:
    """Return the names, or everything configured where none is given. Raises Misconfigured for an unknown one."""
    for name in names:
        if name not in configured:
            meant = near(name, configured)
            fix = f'did you mean "{meant}"?' if meant else f"configured: {', '.join(configured) or 'none'}"
            raise Misconfigured(f'there is no {what} "{name}"; {fix}')
    return names or configured
