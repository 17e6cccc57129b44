"""`doctor`: whether everything that Answerwell depends on is there and works, and what to do where it is not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json
from sync.errors import SyncError

if TYPE_CHECKING:
    from cli.config import Config
    from connectors.check import Finding

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "problem": ("✗", "red")}


def doctor(config: ConfigFile = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Check everything it depends on; say how to mend it.

    The configuration, the state, Redis, OpenAI and every source.
    """
    from cli import wiring

    settings = wiring.read(config)
    findings = []
    for name, finding in _findings(settings):
        findings.append({"about": name, "level": finding.level.value, "what": finding.what, "fix": finding.fix})
        if not as_json:
            _say(name, finding)
    if as_json:
        output.print_json({"ok": not _broken(findings), "findings": findings})
    if _broken(findings):
        raise typer.Exit(1)


def _findings(settings: "Config") -> Iterator[tuple[str, "Finding"]]:
    from cli import doctor_checks
    from connectors import CONNECTORS

    yield from (("configuration", finding) for finding in doctor_checks.configuration(settings))
    yield from (("state", finding) for finding in doctor_checks.state(settings))
    yield from (("redis", finding) for finding in doctor_checks.broker(settings))
    yield from (("openai", finding) for finding in doctor_checks.openai(settings))
    yield from (("chat", finding) for finding in doctor_checks.chat(settings, datetime.now(UTC).date()))
    yield from (("staff", finding) for finding in doctor_checks.staff(settings))
    for source in settings.sources:
        try:
            for finding in CONNECTORS[source.common.kind].check(source.settings):
                yield source.common.name, finding
        except SyncError as error:
            yield source.common.name, doctor_checks.problem("is not readable", error)
    yield from doctor_checks.desks(settings, datetime.now(UTC))


def _broken(findings: list[dict[str, str]]) -> bool:
    return any(finding["level"] == "problem" for finding in findings)


def _say(name: str, finding: "Finding") -> None:
    from rich.text import Text

    mark, style = _MARKS[finding.level.value]
    console = output.stdout()
    console.print(Text.assemble((f"{mark} ", style), (f"{name}: ", "bold"), finding.what))
    if finding.fix:
        console.print(Text(f"    {finding.fix}", "dim"))
