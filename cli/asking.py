"""Asking wiring: what asks questions for a person or a clock, from the configuration."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from answering import openai_client
from answering.answers import NothingSynced
from answering.asking import Asking, ExplainedAnswer
from answering.blocking import BlockingPool
from answering.events import Cost
from answering.services import AnsweringServices
from cli import chat, wiring
from cli.config import Config
from session_api import model_errors
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


@dataclass(frozen=True, slots=True)
class AskingFailed:
    """Why a question has no answer: nothing was synced, or the model's side failed."""

    code: str
    fix: str


async def ask_all(config: Config, state: State, questions: Sequence[Asked]) -> list[ExplainedAnswer | AskingFailed]:
    """Ask a few at a time, in a loop of this call's own; a question that fails is told beside the others."""
    services, pool = chat.answering_services(config), BlockingPool(AT_A_TIME)
    turn = asyncio.Semaphore(AT_A_TIME)

    async def one(asked: Asked) -> ExplainedAnswer | AskingFailed:
        async with turn:
            try:
                return await asker.ask(asked.question, asked.index, asked.language)
            except NothingSynced as error:
                return AskingFailed("nothing_synced", str(error))
            except openai_client.FAILURES as error:
                failure = model_errors.failure(error)
                return AskingFailed(failure.code, failure.fix)

    try:
        asker = asking(config, state, pool, services)
        return list(await asyncio.gather(*map(one, questions)))
    finally:
        await services.client.close()
        await pool.close()


def asking(config: Config, state: State, pool: BlockingPool, services: AnsweringServices) -> Asking:
    """Return what asks questions of any index, and books what they cost. Loads libraries: for a thread."""

    def book(cost: Cost) -> None:
        with state.transaction() as tx:
            spend.add(tx, state.now(), cost.micro_usd)

    indexes = wiring.inventory(config).indexes
    return Asking(services.make(state, pool), indexes, index_or_default(config), book)


def index_or_default(config: Config, index: str = "") -> str:
    """Return the index, or where none is named the one that customers are answered from; without that, the first."""
    names = [one.name for one in config.indexes]
    customers = (config.chat or ChatSettings()).index
    return index or (customers if customers in names else names[0])
