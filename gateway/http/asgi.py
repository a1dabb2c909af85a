"""What the parts that speak ASGI share: its types, and an answer as its messages."""

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from typing import Any, Final

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]
_JSON: Final = b"application/json"


def as_json(content: object) -> bytes:
    """Write what an error tells; by the standard library, as a name that is quoted may be no UTF-8."""
    return json.dumps(content).encode() + b"\n"


async def answer(send: Send, status: int, content: bytes, headers: Mapping[str, str]) -> None:
    """Send a whole answer, whose content is JSON."""
    pairs = [(b"content-type", _JSON), (b"content-length", b"%d" % len(content))]
    pairs += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": content})
