"""A workflow as Agent Builder exports it to Python: a classifier, two agents, a handoff by condition."""

from agents import Agent, FileSearchTool, ModelSettings, RunConfig, Runner, TResponseInputItem, trace
from openai.types.shared.reasoning import Reasoning
from pydantic import BaseModel

# Tool definitions
file_search = FileSearchTool(vector_store_ids=["vs_0123456789abcdef0123456789abcdef"])


class TriageSchema(BaseModel):
    """What the classifier answers."""

    category: str


triage = Agent(
    name="Triage",
    instructions="Classify the question as one of: support, other. Answer with the category alone.",
    model="gpt-6-luna",
    model_settings=ModelSettings(store=True, reasoning=Reasoning(effort="low")),
)

support = Agent(
    name="Support",
    instructions="Answer from the knowledge base. If it holds no answer, say so.",
    model="gpt-6-luna",
    tools=[file_search],
    model_settings=ModelSettings(store=True, reasoning=Reasoning(effort="low", summary="auto")),
)


class WorkflowInput(BaseModel):
    """What the widget's message comes in."""

    input_as_text: str


# Main code entrypoint
async def run_workflow(workflow_input: WorkflowInput) -> dict[str, str]:
    """Answer one message."""
    with trace("Support workflow"):
        workflow = workflow_input.model_dump()
        conversation_history: list[TResponseInputItem] = [
            {"role": "user", "content": [{"type": "input_text", "text": workflow["input_as_text"]}]}
        ]
        triage_result_temp = await Runner.run(
            triage,
            input=[*conversation_history],
            run_config=RunConfig(trace_metadata={"__trace_source__": "agent-builder", "workflow_id": "wf_0123456789"}),
        )
        category = triage_result_temp.final_output_as(str)
        if "bicycle" in category.lower():
            return {"output_text": "We only talk about parcels here."}
        support_result_temp = await Runner.run(
            support,
            input=[*conversation_history],
            run_config=RunConfig(trace_metadata={"__trace_source__": "agent-builder", "workflow_id": "wf_0123456789"}),
        )
        conversation_history.extend([item.to_input_item() for item in support_result_temp.new_items])
        return {"output_text": support_result_temp.final_output_as(str)}
