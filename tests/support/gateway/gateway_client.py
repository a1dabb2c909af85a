"""Asks a worker's whole ASGI application in this process, on an event loop in a thread of its own."""

import asyncio
import json
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from gateway.exchange import Application


class Loop:
    """An event loop that runs in a thread until it is closed."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="loop")
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it in the event loop, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=60)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@contextmanager
def a_loop() -> Iterator[Loop]:
    loop = Loop()
    try:
        yield loop
    finally:
        loop.close()


class Headers(dict[str, str]):
    """Headers by names in any case."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status_code: int
    headers: Headers
    data: bytes

    @property
    def content_type(self) -> str | None:
        found: str | None = self.headers.get("Content-Type")
        return found

    @property
    def mimetype(self) -> str:
        """The type without its parameters."""
        return (self.content_type or "").partition(";")[0]

    @cached_property
    def text(self) -> str:
        return self.data.decode()

    @cached_property
    def json(self) -> Any:
        return json.loads(self.data) if self.content_type == "application/json" else None


class Client:
    """Calls an application as uvicorn does."""

    def __init__(self, application: Application, loop: Loop) -> None:
        self.application = application
        self.loop = loop

    def get(self, path: str, **options: Any) -> Answer:
        return self.open(path, "GET", **options)

    def post(self, path: str, **options: Any) -> Answer:
        return self.open(path, "POST", **options)

    def options(self, path: str, **options: Any) -> Answer:
        return self.open(path, "OPTIONS", **options)

    def open(self, path: str, method: str = "GET", **options: Any) -> Answer:
        """One request."""
        answer: Answer = self.loop.run(self.ask(path, method, **options))
        return answer

    async def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        json: Any = None,
        data: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = "",
        chunks: int = 0,
        server: tuple[str, int] = ("127.0.0.1", 80),
    ) -> Answer:
        """One request, on the loop; `chunks` sends the body in so many parts without a length."""
        body = _body(json, data)
        if content_type == "":
            content_type = "application/json" if json is not None else None
        given = {name.lower(): value for name, value in (headers or {}).items()}
        if content_type:
            given.setdefault("content-type", content_type)
        if chunks:
            given["transfer-encoding"] = "chunked"
        elif body or method == "POST":
            given.setdefault("content-length", str(len(body)))
        path, _, query = path.partition("?")
        scope: dict[str, Any] = {"type": "http", "http_version": "1.1", "scheme": "http", "method": method}
        scope |= {"path": unquote(path), "query_string": query.encode(), "root_path": ""}
        scope |= {"server": server, "client": ("127.0.0.1", 1)}
        scope["headers"] = [(name.encode(), value.encode("latin1")) for name, value in given.items()]
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, receiving(body, chunks), send)
        return _answer(sent, method)


def _body(content: Any, data: bytes | str | None) -> bytes:
    if data is not None:
        return data.encode() if isinstance(data, str) else data
    return b"" if content is None else json.dumps(content).encode()


def receiving(body: bytes, chunks: int = 0) -> Any:
    """Give a body in so many parts, and then the end of the connection."""
    size = max(1, len(body) // chunks) if chunks else len(body) or 1
    parts = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
    messages = iter(
        {"type": "http.request", "body": part, "more_body": number < len(parts)} for number, part in enumerate(parts, 1)
    )

    async def receive() -> Any:
        return next(messages, {"type": "http.disconnect"})

    return receive


def _answer(sent: list[Any], method: str) -> Answer:
    start, *rest = sent
    assert (start["type"], {each["type"] for each in rest}) == ("http.response.start", {"http.response.body"})
    assert not rest[-1].get("more_body")
    names = [name for name, _ in start["headers"]]
    assert len(names) == len(set(names)), names
    headers = Headers({name.decode(): value.decode("latin1") for name, value in start["headers"]})
    body = b"".join(each["body"] for each in rest)
    assert headers.get("content-length", "0") == str(len(body)) or method == "HEAD"
    return Answer(start["status"], headers, body)


@contextmanager
def living(application: Application, loop: Loop) -> Iterator[Client]:
    """Start the application as uvicorn does a worker's, and end it so."""
    asked: asyncio.Queue[str] = asyncio.Queue()
    events: asyncio.Queue[str] = asyncio.Queue()

    async def receive() -> Any:
        return {"type": await asked.get()}

    async def send(message: Any) -> None:
        await events.put(message["type"])

    async def start() -> "asyncio.Task[None]":
        life = asyncio.create_task(application({"type": "lifespan"}, receive, send))
        await asked.put("lifespan.startup")
        assert await events.get() == "lifespan.startup.complete"
        return life

    async def end(life: "asyncio.Task[None]") -> None:
        await asked.put("lifespan.shutdown")
        await life
        assert await events.get() == "lifespan.shutdown.complete"

    life = loop.run(start())
    try:
        yield Client(application, loop)
    finally:
        loop.run(end(life))
