"""A cheap HTTP/1.1 client with keep-alive: prebuilt requests; only status and length of responses are parsed."""

import select
import socket
import time
from collections.abc import Callable

from bench.load.loops import Loop
from bench.load.record import WRONG

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_CHUNKED = b"transfer-encoding: chunked"
_LAST_CHUNK = b"0\r\n\r\n"
_READ_BYTES = 1 << 18


class MalformedAnswer(Exception):
    """The response is not HTTP that this client supports."""


def post(host: str, path: str, body: bytes, kind: str = "application/json") -> bytes:
    """Return a POST request."""
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def split(data: bytes | bytearray) -> tuple[str, bytes] | None:
    """Return status and body of a response, or None while it is incomplete. Raises MalformedAnswer."""
    end = data.find(_HEAD_END)
    if end < 0:
        return None
    head, start = bytes(data[:end]).lower(), end + len(_HEAD_END)
    if not head.startswith(b"http/1.1 "):
        raise MalformedAnswer
    at = head.find(_LENGTH)
    if at >= 0:
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
        return (head[9:12].decode(), bytes(data[start:])) if len(data) - start >= length else None
    if _CHUNKED not in head:
        raise MalformedAnswer
    return (head[9:12].decode(), _joined(data[start:])) if data.endswith(_LAST_CHUNK) else None


def _joined(chunks: bytes | bytearray) -> bytes:
    parts: list[bytes] = []
    at = 0
    while True:
        line = chunks.index(b"\r\n", at)
        size = int(chunks[at:line].split(b";")[0], 16)
        if not size:
            return b"".join(parts)
        parts.append(bytes(chunks[line + 2 : line + 2 + size]))
        at = line + 4 + size


class _Connection:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.unsent = memoryview(b"")
        self.received = bytearray()
        self.asked = False

    def push(self) -> bool:
        """Send more; return whether all is sent."""
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            return False
        return not self.unsent


class HttpClient:
    """A client with keep-alive connections; one that the server closes is a fault, and is reopened."""

    def __init__(self, address: tuple[str, int], request: bytes, connections: int, check: Callable[[bytes], bool]):
        self._address = address
        self._request = memoryview(request)
        self._check = check
        self._epoll = select.epoll()
        self._numbers: dict[int, int] = {}
        self._connections = [self._open(number) for number in range(connections)]

    def _open(self, number: int) -> _Connection:
        connection = _Connection(self._address)
        self._numbers[connection.socket.fileno()] = number
        self._epoll.register(connection.socket, select.EPOLLIN)
        return connection

    def send(self, number: int) -> None:
        """Start a request on an idle connection."""
        connection = self._connections[number]
        connection.unsent, connection.asked = self._request, True
        try:
            if not connection.push():
                self._epoll.modify(connection.socket, select.EPOLLIN | select.EPOLLOUT)
        except OSError:
            pass  # the error appears when reading

    def drive(self, loop: Loop) -> None:
        """Run the loop to its end."""
        while (wake := loop.wake(now := time.monotonic())) is not None:
            # epoll has a resolution of milliseconds, which is coarse for these latencies; select does not
            if select.select([self._epoll], [], [], max(0.0, wake - now))[0]:
                for descriptor, event in self._epoll.poll(0):
                    self._handle(self._numbers[descriptor], event, loop)

    def _handle(self, number: int, event: int, loop: Loop) -> None:
        connection = self._connections[number]
        try:
            if event & select.EPOLLOUT and connection.push():
                self._epoll.modify(connection.socket, select.EPOLLIN)
            if not event & ~select.EPOLLOUT:
                return
            fault = self._read(connection)
        except BlockingIOError:
            return
        except (OSError, MalformedAnswer, ValueError) as error:
            # a server may close an idle connection
            fault = type(error).__name__ if connection.asked else None
            self._replace(number)
        if fault is not None:
            connection.asked = False
            loop.answered(number, fault, time.monotonic())

    def _read(self, connection: _Connection) -> str | None:
        """Return the fault of a complete response, "" for a right one; None while it is incomplete."""
        data = connection.socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionResetError
        connection.received += data
        answer = split(connection.received)
        if answer is None:
            return None
        connection.received.clear()
        status, body = answer
        if status != "200":
            return status
        return "" if self._check(body) else WRONG

    def _replace(self, number: int) -> None:
        connection = self._connections[number]
        del self._numbers[connection.socket.fileno()]
        connection.socket.close()
        self._connections[number] = self._open(number)

    def close(self) -> None:
        """Close every connection."""
        for connection in self._connections:
            connection.socket.close()
        self._epoll.close()
