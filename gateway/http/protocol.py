"""uvicorn's HTTP with two bounds that it leaves open: the head of a request, and what follows its body."""

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BESIDE: Final = 64 * 2**10  # bytes that come in a row and are of no body


class Protocol(HttpToolsProtocol):
    """Ends a connection whose head or trailers do not end, and drops trailers, which would pass for headers."""

    _beside = 0
    _in_head = False

    def data_received(self, data: bytes) -> None:
        """Take what came; the packet in which something ended counts for nothing."""
        self._beside += len(data)
        super().data_received(data)
        if self._beside > MOST_BESIDE and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """Begin a head."""
        self._beside, self._in_head = 0, True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; nothing that comes after the body is one."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """End the head."""
        self._beside, self._in_head = 0, False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._beside = 0
        super().on_message_complete()
