"""The door of the gateway: who may ask and how often, from which web pages, and the headers that keep browsers safe."""

from collections.abc import Mapping
from typing import Final

from gateway.errors import GatewayError, TooManyRequests
from gateway.http.asgi import Application, Message, Receive, Send, answer, as_json
from gateway.http.error_responses import VERSION_HEADER
from gateway.http.refusal import id_of, refuse
from gateway.security.api_keys import Keys
from gateway.settings import Settings
from gateway.telemetry.access_log import REQUEST_ID_HEADER, Journal, caller

Pairs = list[tuple[bytes, bytes]]

DOCS: Final = "/docs"
PAGES: Final = frozenset({"/", DOCS})
STATIC: Final = "/static/"
# All else needs a key, also what does not exist yet.
OPEN: Final = PAGES | {"/openapi.json", "/health", "/ready", "/metrics"}
PREFLIGHT_SECONDS: Final = "600"

_EVERY: Final[Pairs] = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
_POLICY: Final = b"content-security-policy"
_FRAMES: Final = b"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_OWN: Final = b"default-src 'self'; img-src 'self' data: blob:; " + _FRAMES
_ANSWER: Final[Pairs] = [
    *_EVERY,
    (_POLICY, b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
_PAGE: Final[Pairs] = [*_EVERY, (_POLICY, _OWN)]
# Swagger UI writes styles into its elements.
_DOCS: Final[Pairs] = [*_EVERY, (_POLICY, _OWN.replace(b"; ", b"; style-src 'self' 'unsafe-inline'; ", 1))]


class Guard:
    """An ASGI application before another one; `keys` None: everybody may ask."""

    def __init__(self, app: Application, keys: Keys | None, journal: Journal, settings: Settings) -> None:
        self._app = app
        self._keys = keys
        self._journal = journal
        self._origins = frozenset(settings.cors_origins.split(",")) - {""}
        allowed = "Authorization, Content-Type, X-API-Key, {}, {}, {}"
        self._allowed = allowed.format(REQUEST_ID_HEADER, VERSION_HEADER, settings.sticky_header)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or let it through."""
        headers, path = dict(scope["headers"]), scope["path"]
        caller.set("")  # not who asked before on this connection
        origin = self._origin(headers) if self._origins else b""
        send = _with_headers(send, _headers_of(path) + (self._cross_origin(origin) if self._origins else []))
        if origin and scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await self._preflight(path, headers, send)
            return
        if self._keys is not None and path not in OPEN and not path.startswith(STATIC):
            try:
                caller.set(self._keys.admit(key_of(headers)))
            except GatewayError as error:
                caller.set(error.name if isinstance(error, TooManyRequests) else "")
                await refuse(error, scope, headers, send, self._journal)
                return
        await self._app(scope, receive, send)

    async def _preflight(self, path: str, headers: Mapping[bytes, bytes], send: Send) -> None:
        """Tell a browser what a page of an allowed origin may send."""
        known = id_of(headers)
        given = {"Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": self._allowed}
        given |= {"Access-Control-Max-Age": PREFLIGHT_SECONDS, REQUEST_ID_HEADER: known}
        await answer(send, 200, as_json({}), given)
        self._journal.answered("OPTIONS", path, 200, 0.0, known, None, {})

    def _origin(self, headers: Mapping[bytes, bytes]) -> bytes:
        """The page's origin if it may ask from there."""
        origin = headers.get(b"origin", b"")
        return origin if origin and ("*" in self._origins or origin.decode("latin1") in self._origins) else b""

    def _cross_origin(self, origin: bytes) -> Pairs:
        pairs = [(b"vary", b"Origin")]
        if origin:
            exposed = f"{VERSION_HEADER}, {REQUEST_ID_HEADER}, Retry-After".encode()
            pairs += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", exposed)]
        return pairs


def key_of(headers: Mapping[bytes, bytes]) -> bytes | None:
    """Give the key that a request shows."""
    if b"x-api-key" in headers:
        return headers[b"x-api-key"]
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else None


def _headers_of(path: str) -> Pairs:
    if path == DOCS:
        return _DOCS
    return _PAGE if path in PAGES or path.startswith(STATIC) else _ANSWER


def _with_headers(send: Send, more: Pairs) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *more]
        await send(message)

    return sent
