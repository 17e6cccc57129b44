"""Origin allowlist: the pages that may use the widget; `https://*.acme.com` is every host below a domain."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from session_api.access.settings import APP_SCHEMES, EmbeddingSettings, ServerSettings
from session_api.errors import ApiError

HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,20}|[0-9a-f:]{2,45}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
NO_PORT = 0
DEFAULT_PORTS = {"http": 80, "https": 443, **dict.fromkeys(APP_SCHEMES, NO_PORT)}


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a page, as its browser or the WebView of its app writes them."""

    scheme: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Origin | None":
        """Return the origin, or None for what no browser sends."""
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            return None
        plain = not (parts.path or parts.query or parts.fragment or parts.username or parts.password)
        if parts.scheme not in DEFAULT_PORTS or not plain or not HOST.fullmatch(parts.hostname or ""):
            return None
        return cls(parts.scheme, str(parts.hostname), port or DEFAULT_PORTS[parts.scheme])

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


class Origins:
    """The list. The server's own origin is always on it. `table`: where the configuration has it."""

    def __init__(self, embedding: EmbeddingSettings, server: ServerSettings, table: str = "widget") -> None:
        self._table = table
        self._null = embedding.allow_null_origin
        own = [f"http://{host}:{server.port}" for host in ("127.0.0.1", "localhost")]
        listed = (*embedding.origins, *own, *([server.public_url] if server.public_url else []))
        self._exact = {origin for text in listed if "*" not in text if (origin := _of_address(text))}
        wild = [text for text in embedding.origins if "://*." in text]
        self._wild = [origin for text in wild if (origin := Origin.parse(text.replace("://*.", "://", 1)))]
        self._listed = embedding.origins

    def allows(self, text: str | None, server: tuple[str, int | None] | None = None) -> bool:
        """Whether a page of that origin may use the widget. `server`: the socket it reached, ours when on loopback."""
        if text == "null":
            return self._null
        origin = Origin.parse(text) if text else None
        if origin is None or str(origin) != text:
            return False
        own = bool(server and server[0] in LOOPBACK and origin.host in LOOPBACK and origin.port == server[1])
        return origin in self._exact or own or any(_below(origin, domain) for domain in self._wild)

    def require(self, text: str | None, server: tuple[str, int | None] | None = None) -> str:
        """Return the origin. Raises ApiError, 403 with the line to change, where it is not allowed."""
        if not self.allows(text, server):
            raise self.refusal(text)
        return str(text)

    def refusal(self, text: str | None) -> ApiError:
        """Return why the origin is refused: the nearest entry of the list tells."""
        if not text:
            return ApiError(403, "origin_not_allowed", "The call names no page: it has no Origin header.",
                           "Call from a web page; curl needs -H 'Origin: https://www.acme.com'.")  # fmt: skip
        if text == "null":
            return ApiError(403, "origin_null", "The page has no origin: a local file, a sandboxed frame or a WebView.",
                           "For an app's WebView set allow_null_origin = true under [widget].")  # fmt: skip
        origin = Origin.parse(text)
        if origin is None or str(origin) != text:
            return ApiError(403, "origin_not_allowed", f"{text[:200]!r} is not an origin.",
                           "An origin is scheme and host only, in lower case: https://www.acme.com")  # fmt: skip
        code, message = self._nearest(origin)
        return ApiError(403, code, message, f'Add "{origin}" to origins under [{self._table}] in answerwell.toml.'
                       if code != "origin_http" else message.rpartition("; ")[2])  # fmt: skip

    def frame_ancestors(self) -> str:
        """Return the Content-Security-Policy directive for pages that we serve."""
        return " ".join(["frame-ancestors", "'self'", *dict.fromkeys(self._listed)])

    def _nearest(self, origin: Origin) -> tuple[str, str]:
        known = sorted(self._exact, key=str)
        for listed in known:
            if listed.host == origin.host and listed.scheme == "https" and origin.scheme == "http":
                fix = f"serve the page from {listed}, for example with a redirect"
                return "origin_http", f"The page is open over http, the list has {listed}; {fix}"
        for listed in known:
            if listed.scheme == origin.scheme and listed.host == origin.host:
                return "origin_port", f"The page is at port {origin.port}, the list has {listed}."
        for listed in known:
            if listed.scheme == origin.scheme and _bare(listed.host) == _bare(origin.host):
                return "origin_www", f"{origin} is not {listed}: with and without www. are two origins."
        return "origin_not_allowed", f"{origin} is not among the pages that may use this widget."


def _of_address(text: str) -> Origin | None:
    parts = urlsplit(text)
    return Origin.parse(f"{parts.scheme}://{parts.netloc}")


def _below(origin: Origin, domain: Origin) -> bool:
    same = (origin.scheme, origin.port) == (domain.scheme, domain.port)
    return same and origin.host.endswith("." + domain.host)


def _bare(host: str) -> str:
    return host.removeprefix("www.")
