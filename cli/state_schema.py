"""Schema migrations: what stands in this installation's state database beside the engine's own tables."""

from answering.state import schema as answers
from helpdesk.state import schema as history
from session_api.state import schema as chat

SCHEMAS = (chat.STEPS, answers.STEPS, history.STEPS)
"""Every process opens the state with all of them, whatever it needs: the version before counts the steps that ran."""
