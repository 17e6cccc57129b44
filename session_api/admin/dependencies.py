"""Dependencies of the admin endpoints: what they operate on, who may, and who asks."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from answering.asking import Asking
from session_api.lazy import Lazy
from session_api.metrics import Queue
from session_api.webhooks import Wake
from sync.config import Inventory
from sync.state.database import State

MAX_NAME_LENGTH = 60

_BEARER = HTTPBearer(auto_error=False, description="`[admin] token` of the configuration.")


Revoke = Callable[[str, str], dict[str, Any]]
"""Ends the sessions of a visitor, named by their id, on behalf of somebody. Raises Gone for nobody of that id."""
Evaluate = Callable[[str, Sequence[Mapping[str, Any]] | None, int | None, bool], dict[str, Any]]


@dataclass(frozen=True)
class Operations:
    """What operators work on. `tokens`: each is right; none: the admin API refuses everybody, and says how to set one.

    `asking` None: no question is answered here; `evaluate` likewise: an index, questions or None for its own, another
    generation or None, and whether to have them answered. `revoke` None: there are no visitors.
    """

    state: State
    inventory: Inventory
    tokens: Sequence[str] = field(repr=False)
    queue: Callable[[], Queue]
    asking: Lazy[Asking] | None = None
    evaluate: Evaluate | None = None
    revoke: Revoke | None = None


def operations(request: Request) -> Operations:
    """The application's own."""
    found: Operations = request.app.state.operations
    return found


def wake(request: Request) -> Wake:
    """What tells the application's workers that there is something to do."""
    found: Wake = request.app.state.wake
    return found


OperationsOf = Annotated[Operations, Depends(operations)]
WakeOf = Annotated[Wake, Depends(wake)]


def require_token(_: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
    """Say in the API description that the token is needed; `AdminGate` has checked it before a call comes here."""


def operator(request: Request, x_operator: Annotated[str, Header(max_length=MAX_NAME_LENGTH)] = "") -> str:
    """Who holds the token: by the name they give, and always by the address they call from."""
    host = request.client.host if request.client else "unknown"
    name = re.sub(r"[^\w .@+-]", "", x_operator).strip() or "admin"
    return f"{name} at {host}"


Operator = Annotated[str, Depends(operator)]
