"""Asking wiring: what asks questions for a person or a clock, from the configuration."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from answering.asking import Asking, ExplainedAnswer
from answering.blocking import BlockingPool
from answering.events import Cost
from answering.services import AnsweringServices
from cli import chat, wiring
from cli.config import Config
from session_api.chat.settings import ChatSettings
from session_api.state import spend
from sync.state.database import State

AT_A_TIME = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that is to be asked. `index` "": the one that customers are answered from."""

    question: str
    index: str = ""
    language: str = ""


async def ask_all(config: Config, state: State, questions: Sequence[Asked]) -> list[ExplainedAnswer]:
    """Ask a few at a time, in a loop of this call's own. Raises what the first that fails raises."""
    services, pool = chat.answering_services(config), BlockingPool(AT_A_TIME)
    turn = asyncio.Semaphore(AT_A_TIME)

    async def one(asked: Asked) -> ExplainedAnswer:
        async with turn:
            return await asker.ask(asked.question, asked.index, asked.language)

    try:
        asker = asking(config, state, pool, services)
        return list(await asyncio.gather(*map(one, questions)))
    finally:
        await services.client.close()
        await pool.close()


def asking(config: Config, state: State, pool: BlockingPool, services: AnsweringServices) -> Asking:
    """Return what asks questions of any index, and books what they cost. Loads libraries: for a thread."""
    indexes = wiring.inventory(config).indexes
    customers = (config.chat or ChatSettings()).index
    index = customers if customers in indexes else next(iter(indexes))

    def book(cost: Cost) -> None:
        with state.transaction() as tx:
            spend.add(tx, state.now(), cost.micro_usd)

    return Asking(services.make(state, pool), indexes, index, book)
