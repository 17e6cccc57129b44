"""Dependencies of the admin endpoints: what they operate on, who may, and who asks."""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from answering.asking import Asking
from session_api.errors import ApiError
from session_api.lazy import Lazy
from session_api.metrics import Queue
from session_api.webhooks import Wake
from sync.config import Inventory
from sync.state.database import State

MAX_NAME_LENGTH = 60

_BEARER = HTTPBearer(auto_error=False, description="`[admin] token` of the configuration.")


@dataclass(frozen=True)
class Operations:
    """What operators work on. `token` None: the admin API refuses everybody, and says how to set one.

    `asking` None: no question is answered here.
    """

    state: State
    inventory: Inventory
    token: str | None = field(repr=False)
    queue: Callable[[], Queue]
    asking: Lazy[Asking] | None = None


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


def require_token(
    operated: OperationsOf, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> None:
    """Raise ApiError unless the request carries the admin token."""
    if operated.token is None:
        fix = 'Set token = "$ANSWERWELL_ADMIN_TOKEN" under [admin], and restart.'
        raise ApiError(403, "admin_off", "The admin API is off.", fix)
    given = credentials.credentials if credentials else ""
    if not hmac.compare_digest(given.encode(), operated.token.encode()):
        raise ApiError(401, "token_invalid", "This is not the admin token.", "Send Authorization: Bearer TOKEN.")


def operator(request: Request, x_operator: Annotated[str, Header(max_length=MAX_NAME_LENGTH)] = "") -> str:
    """Who holds the token: by the name they give, and always by the address they call from."""
    host = request.client.host if request.client else "unknown"
    name = re.sub(r"[^\w .@+-]", "", x_operator).strip() or "admin"
    return f"{name} at {host}"


Operator = Annotated[str, Depends(operator)]
