"""What an operator asks as a customer would: `ask`."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli import output
from cli.options import DEFAULT_CONFIG, ConfigFile, Json

if TYPE_CHECKING:
    from answering.asking import ExplainedAnswer
    from cli.config import Config

PASSAGE = 240


def ask(
    question: str,
    config: ConfigFile = DEFAULT_CONFIG,
    *,
    index: Annotated[str, typer.Option("--index", help="Default: the one customers are answered from.")] = "",
    language: Annotated[str, typer.Option("--language", help="Where the question does not tell: de, fr, …")] = "",
    why: Annotated[bool, typer.Option("--why", help="Say what was searched, found, judged and withheld.")] = False,
    as_json: Json = False,
) -> None:
    """Ask as a customer would; say why it is answered so.

    It asks the model, and counts in daily_usd; no conversation is kept.
    """
    from cli import wiring

    answer = _ask(wiring.read(config), question, index, language)
    if as_json:
        output.print_json(asdict(answer))
        return
    _show(answer)
    if why:
        _explain(answer)


def _ask(config: "Config", question: str, index: str, language: str) -> "ExplainedAnswer":
    """Raises Retryable with what the model's side said, or what was not done yet."""
    import asyncio

    from cli import asking, wiring
    from sync.errors import Retryable

    with wiring.opened(config) as state:
        [answer] = asyncio.run(asking.ask_all(config, state, [asking.Asked(question, index, language)]))
    if isinstance(answer, asking.AskingFailed):
        raise Retryable(f"the question was not answered ({answer.code}): {answer.fix}")
    return answer


def _show(answer: "ExplainedAnswer") -> None:
    from rich.text import Text

    console = output.stdout()
    console.print(Text(answer.answer))
    for source in answer.sources:
        console.print(Text(f"  ↳ {source.title}  {source.url}  {source.as_of}".rstrip(), "cyan"))
    told = " · ".join(filter(None, (answer.outcome, answer.rule, answer.reason)))
    console.print(Text(f"\n{told} · {answer.latency_ms:,} ms · ${answer.cost_usd:.4f}", "dim"))


def _explain(answer: "ExplainedAnswer") -> None:
    why = answer.why
    _list("searched for", why.queries)
    _list(
        "found",
        (f"{one.score:.2f}  {one.title}  {_left_out(one.rule)}\n      {_short(one.text)}" for one in why.passages),
    )
    _list(
        "judged",
        (f"{'shown   ' if one.shown else 'withheld'}  {one.support:.2f}  {_short(one.text)}" for one in why.statements),
    )
    _list("withheld", (f"{one.rule}: {one.reason}\n      {_short(one.text)}" for one in why.withheld))


def _list(heading: str, lines: Iterable[str]) -> None:
    from rich.text import Text

    console = output.stdout()
    console.print(Text(f"\n{heading}", "bold"))
    for line in list(lines) or ["nothing"]:
        console.print(Text(f"  {line.rstrip()}"))


def _left_out(rule: str) -> str:
    return f"(left out: {rule})" if rule else ""


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= PASSAGE else f"{words[:PASSAGE].rsplit(' ', 1)[0]} …"
