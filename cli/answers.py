"""Questions to the Responses API over a store, and what it cites."""

from dataclasses import dataclass

import openai
from openai.types.responses import FileSearchToolParam, Response

from sync.errors import Misconfigured, Retryable
from sync.model import Audience, StoreId

MODEL = "gpt-5-mini"
PASSAGES = 8


@dataclass(frozen=True)
class Citation:
    """The page that an answer rests on."""

    title: str
    url: str


@dataclass(frozen=True)
class Answer:
    """An answer and its sources, each once, in the order in which they are first cited."""

    text: str
    citations: tuple[Citation, ...]


def ask(client: openai.OpenAI, store: StoreId, question: str) -> Answer:
    """Answer from the store's public files. Raises Retryable and Misconfigured, as the server's answer demands."""
    tool = FileSearchToolParam(
        type="file_search",
        vector_store_ids=[store],
        max_num_results=PASSAGES,
        filters={"type": "eq", "key": "audience", "value": Audience.PUBLIC.value},
    )
    try:
        response = client.responses.create(
            model=MODEL, input=question, tools=[tool], include=["file_search_call.results"]
        )
    except openai.APIError as error:
        status = error.status_code if isinstance(error, openai.APIStatusError) else 0
        if status in {0, 408, 409, 429} or status >= 500:
            raise Retryable(f"the question was not answered ({status or type(error).__name__}); ask again") from error
        raise Misconfigured(f"the question was refused ({status}); check [openai]") from error
    return Answer(response.output_text, tuple(_cited(response)))


def _cited(response: Response) -> list[Citation]:
    found = {
        result.file_id: Citation(str(attributes.get("title") or result.filename), str(attributes.get("url", "")))
        for call in response.output
        if call.type == "file_search_call"
        for result in call.results or []
        if result.file_id and (attributes := result.attributes or {}) is not None
    }
    cited = [
        annotation.file_id
        for message in response.output
        if message.type == "message"
        for content in message.content
        if content.type == "output_text"
        for annotation in content.annotations
        if annotation.type == "file_citation"
    ]
    return [found[file] for file in dict.fromkeys(cited) if file in found]
