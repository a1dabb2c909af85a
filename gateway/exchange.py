"""The request and the response that the fast path and Flask share, and ASGI's types."""

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
_DIGITS: Final = 19  # digits of the largest accepted Content-Length, as of 2**63 - 1


class Trace(Protocol):
    """The spans of a request; `id` is the trace id, 32 hexadecimal digits."""

    id: str

    def begin_wait(self) -> None:
        """Begin the span of the wait in the micro-batcher."""

    def end_wait(self) -> None:
        """End the span of the wait, if it has not ended yet."""

    def end(self, response: "Response", error: Exception | None) -> None:
        """End the request's span with its answer."""


@dataclass(slots=True)
class Request:
    """One request; its headers have arrived, its body has not been read yet."""

    scope: Message
    receive: Receive
    id: str
    method: str
    route: Route | None
    headers: Mapping[bytes, bytes]
    deadline: Deadline  # replaced when the body has arrived, so that it counts from then
    key: str = ""  # the name of the API key
    trace: Trace | None = None  # None if the request is not traced

    @property
    def content_length(self) -> int | None:
        """The length of the body in bytes; None if Content-Length is absent or invalid."""
        length = self.headers.get(b"content-length", b"")
        return int(length) if length.isdigit() and len(length) <= _DIGITS else None


@dataclass(slots=True)
class Response:
    """A whole answer; the content is JSON unless `headers` has another Content-Type."""

    content: bytes
    status: int = 200
    headers: Headers = field(default_factory=list)
    version: str | None = None  # the model version that answered
