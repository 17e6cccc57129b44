"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

CONFIG_VARIABLE = "ANSWERWELL_CONFIG"

ConfigFile = Annotated[
    Path, typer.Option("--config", "-c", envvar=CONFIG_VARIABLE, metavar="FILE", help="The configuration file.")
]
Json = Annotated[bool, typer.Option("--json", help="Write JSON, and nothing else, to standard output.")]
SourceNames = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Default: all sources.")]
DEFAULT_CONFIG = Path("answerwell.toml")
