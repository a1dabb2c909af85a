"""A request and a response inside the gateway, by the fast path or by Flask. And the types of ASGI."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from gateway.deadline import Deadline
from gateway.routes import Route

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]
Headers = list[tuple[bytes, bytes]]

REQUEST_ID: Final = "X-Request-ID"
VERSION: Final = "X-Model-Version"
REQUEST: Final = "gateway.request"  # names in the WSGI environment
LOOP: Final = "gateway.loop"
_DIGITS: Final = 19  # of the longest length


class Trace(Protocol):
    """The spans of a request; `id` is the trace's, 32 hexadecimal digits."""

    id: str

    def begin_wait(self) -> None:
        """Begin the wait in the micro-batcher."""

    def end_wait(self) -> None:
        """End the wait, if it has not ended yet."""

    def end(self, response: "Response", error: Exception | None) -> None:
        """End the request's span with its answer."""


@dataclass(slots=True)
class Request:
    """One request, whose head has come."""

    scope: Message
    receive: Receive
    id: str
    method: str
    route: Route | None
    headers: Mapping[bytes, bytes]
    deadline: Deadline  # counts from when the body has come
    key: str = ""  # the name of the API key
    trace: Trace | None = None  # None where it is not traced

    @property
    def content_length(self) -> int | None:
        """Give the length of the body; None where Content-Length is absent or invalid."""
        length = self.headers.get(b"content-length", b"")
        return int(length) if length.isdigit() and len(length) <= _DIGITS else None


@dataclass(slots=True)
class Response:
    """A whole answer; the content is JSON where `headers` do not say otherwise."""

    content: bytes
    status: int = 200
    headers: Headers = field(default_factory=list)
    version: str | None = None  # of the model that answered
