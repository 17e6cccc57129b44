"""/api/admin/ask: one question, answered as customers are, with why the answer is what it is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from answering.asking import ExplainedAnswer
from session_api.admin.dependencies import OperationsOf
from session_api.admin.router import admin_router
from session_api.errors import ApiError

MAX_QUESTION_LENGTH = 20_000

routes = admin_router()


class Ask(BaseModel):
    """`index` "": the one that customers are answered from. `language` decides where the question does not tell."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_LENGTH)]
    index: str = ""
    language: Annotated[str, Field(max_length=200)] = ""


@routes.post("/ask", response_model=ExplainedAnswer)
async def ask(asked: Ask, operations: OperationsOf) -> ExplainedAnswer:
    """Answer a question as a customer's would be, and say what was searched, found, judged and withheld.

    It is paid for and counts in `daily_usd`; nothing of it is kept.
    """
    if operations.asking is None:
        raise ApiError(409, "not_now", "This process answers no questions.", "Give it a [chat] table, and restart.")
    asking = await operations.asking.ready()
    # loaded with it, and not before
    from answering import openai_client
    from answering.answers import NothingSynced
    from session_api import model_errors

    try:
        return await asking.ask(asked.question, asked.index, asked.language)
    except NothingSynced as error:
        raise ApiError(409, "not_now", str(error), "Sync a source first.") from error
    except openai_client.FAILURES as error:
        raise model_errors.failure(error) from error
