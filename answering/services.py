"""Services: what answering is made from, for every process that answers."""

from collections.abc import Callable
from dataclasses import dataclass

from answering.answers import Answering
from answering.blocking import BlockingPool
from answering.model import Model
from answering.moderation import Moderation
from answering.openai_client import Client
from answering.second_look import ModelSecondLook
from answering.settings import AnsweringSettings
from sync.state.database import State


@dataclass(frozen=True)
class AnsweringServices:
    """The model and the connection to it. `model` loads libraries: call it in a thread. `contact` and
    `link_hosts`: see Answering.
    """

    settings: AnsweringSettings
    model: Callable[[], Model]
    client: Client
    moderation: bool = False
    contact: str = ""
    link_hosts: tuple[str, ...] = ()

    def make(self, state: State, pool: BlockingPool) -> Answering:
        """Return answering over an open state."""
        moderation = Moderation(self.client) if self.moderation else None
        return Answering(
            state, self.settings, self.model(), pool, moderation, self._second_look(), self.contact, self.link_hosts
        )

    def _second_look(self) -> ModelSecondLook | None:
        settings = self.settings
        if not settings.checking_model or not settings.grounding:
            return None
        return ModelSecondLook(self.client, settings.checking_model, completions=settings.api == "chat_completions")
