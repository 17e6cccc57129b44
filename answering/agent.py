"""Agent: our own, whose model searches the store itself.

The Agents SDK takes two seconds and sixty megabytes to load, so this module is imported when a visitor comes.
"""

from collections.abc import AsyncGenerator

import openai
from agents import Agent, AgentsException, FileSearchTool, ModelSettings, RunConfig, Runner
from agents.models.openai_responses import OpenAIResponsesModel
from openai.types.responses import ResponseCompletedEvent, ResponseOutputItemDoneEvent, ResponseTextDeltaEvent

from answering.model import ModelEvent, ModelRequest
from answering.openai_client import Client, ModelFailed, plain
from answering.responses import PARSED, TERMINAL, ResponseEventParser, filters, refusal, to_input_items
from answering.settings import AnsweringSettings
from sync.log_redaction import restrain

RUN = RunConfig(tracing_disabled=True)  # a trace would carry what customers ask to a second place


def build_events() -> None:
    """Build what the SDK builds at the first event: half a second that no visitor should wait for."""
    for event in (ResponseOutputItemDoneEvent, ResponseTextDeltaEvent, ResponseCompletedEvent):
        event.model_rebuild()


class AgentModel:
    """Answers by our own agent: one turn, one file search tool, nothing kept at the other side."""

    def __init__(self, client: Client, settings: AnsweringSettings) -> None:
        build_events()
        restrain("openai")
        self._model = OpenAIResponsesModel(settings.model, openai_client=client)
        self._passages = settings.passages
        self._settings = ModelSettings(
            store=False,
            max_tokens=settings.longest_answer,
            response_include=["file_search_call.results"],
        )

    async def answer(self, request: ModelRequest) -> AsyncGenerator[ModelEvent, None]:
        agent = Agent(
            name="answerwell",
            instructions=request.instructions,
            model=self._model,
            model_settings=self._settings,
            tools=[
                FileSearchTool(
                    vector_store_ids=[request.store],
                    max_num_results=self._passages,
                    include_search_results=True,
                    filters=filters(request.filters),
                )
            ],
        )
        run = Runner.run_streamed(agent, to_input_items(request), max_turns=2, run_config=RUN)
        parser = ResponseEventParser()
        try:
            async for event in run.stream_events():
                if event.type == "raw_response_event" and event.data.type in PARSED:
                    for model_event in parser.parse(plain(event.data)):
                        yield model_event
                    if event.data.type in TERMINAL:
                        return  # the SDK would ask once more where no text came, and fail where it was cut
        except openai.APIError as error:
            yield refusal(error)
        except AgentsException as error:
            raise ModelFailed(type(error).__name__) from (error.__cause__ or error)
        finally:
            run.cancel()
