"""The first minutes: `init` and `version`."""

from pathlib import Path

import cli
from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile
from sync.errors import Misconfigured

EXAMPLE = Path(cli.__file__).with_name("example.toml")


def init(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Write a configuration to fill in, everything explained."""
    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(EXAMPLE.read_text(encoding="utf-8").partition("\n")[2])
    except FileExistsError as error:
        raise Misconfigured(f"{config}: exists already; delete it first, or name another with --config FILE") from error
    except OSError as error:
        raise Misconfigured(
            f"{config}: cannot be written ({error.strerror}); name another with --config FILE"
        ) from error
    output.say(
        f"wrote {config}: put your Zendesk address in, set the environment variables it names, then `answerwell sync`"
    )


def version() -> None:
    """Print the version."""
    output.tell(f"answerwell {cli.__version__}")
