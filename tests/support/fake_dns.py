"""A name server for one headless Service: every name has the addresses that a test sets."""

import socket
import socketserver
import threading
from struct import pack, unpack_from
from typing import Any, Self

ADDRESS, INTERNET = 1, 1  # the record type A, the class IN


class FakeDns:
    """Set `addresses`; `target` is the Service's name and where to ask for it."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        fake = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                question, sender = self.request
                sender.sendto(fake.answer(question), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)

    def target(self, port: int) -> str:
        """The Service's name, its port and where to ask for it, as tests/support/gateway/named_gateway.py takes it."""
        return f"dns://127.0.0.1:{self._server.server_address[1]}/ecg-serving:{port}"

    def answer(self, question: bytes) -> bytes:
        """Give the addresses, which the client may not keep; nothing for another type of record."""
        end = question.index(b"\0", 12) + 5
        addresses = self.addresses if unpack_from("!HH", question, end - 4) == (ADDRESS, INTERNET) else []
        head = pack("!2sHHHHH", question[:2], 0x8580, 1, len(addresses), 0, 0)
        name = b"\xc0\x0c"  # as in the question
        records = [name + pack("!HHIH", ADDRESS, INTERNET, 0, 4) + socket.inet_aton(address) for address in addresses]
        return head + question[12:end] + b"".join(records)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
