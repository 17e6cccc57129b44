"""CORS and framing: browsers are told that exactly the allowed origins may call, and frame, this server."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from session_api.access.origins import Origins

SHARED = ("/api/chatkit/", "/chatkit")
ALLOWED = {
    "access-control-allow-methods": "POST, DELETE, OPTIONS",
    "access-control-allow-headers": "authorization, content-type",
    "access-control-expose-headers": "retry-after",
    "access-control-max-age": "600",
}


class CorsMiddleware:
    """Answers preflights, and marks answers for the page that asked. No cookies are used, so none are allowed."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins
        self._frames = origins.frame_ancestors()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        path = scope["path"].removeprefix(scope.get("root_path", ""))  # of a part that is mounted below one
        origin, shared = headers.get("origin"), path.startswith(SHARED)
        allowed = shared and self._origins.allows(origin, scope.get("server"))
        if shared and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(origin if allowed else None, scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                marks = MutableHeaders(scope=message)
                if shared:
                    marks.add_vary_header("Origin")
                if allowed:
                    marks["access-control-allow-origin"] = str(origin)
                    marks["access-control-expose-headers"] = ALLOWED["access-control-expose-headers"]
                if marks.get("content-type", "").startswith("text/html"):
                    self._frame(marks)
                marks.setdefault("x-content-type-options", "nosniff")
                marks.setdefault("referrer-policy", "strict-origin-when-cross-origin")
            await send(message)

        await self._app(scope, receive, marked)

    async def _preflight(self, origin: str | None, scope: Scope, receive: Receive, send: Send) -> None:
        refused = None if origin else self._origins.refusal(Headers(scope=scope).get("origin")).response()
        if refused is not None:
            refused.headers["vary"] = "Origin"
            await refused(scope, receive, send)
            return
        headers = {**ALLOWED, "access-control-allow-origin": str(origin), "vary": "Origin", "content-length": "0"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 204, "headers": raw})
        await send({"type": "http.response.body", "body": b""})

    def _frame(self, headers: MutableHeaders) -> None:
        policy = headers.get("content-security-policy")
        if policy is None:
            headers["content-security-policy"] = self._frames
        elif "frame-ancestors" not in policy:
            headers["content-security-policy"] = f"{policy.rstrip('; ')}; {self._frames}"
