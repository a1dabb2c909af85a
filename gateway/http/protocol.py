"""uvicorn's HTTP with what it leaves open: bounds for head and trailers, upgrades, bodies without copies."""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BESIDE: Final = 64 * 2**10  # bytes that come in a row and are of no body
# How long a kept connection without a request stays open once the gateway stops. A proxy may be sending the next
# request on it, and would answer 502 if it were closed at once. A busy connection gets one within this time.
LAST_REQUEST_SECONDS: Final = 2.0
_OF_UPGRADES: Final = (b"upgrade", b"http2-settings")  # headers
_KEPT: Final = (b"close", b"keep-alive")  # of the header Connection


class Protocol(HttpToolsProtocol):
    """Ends a connection whose head or trailers do not end, and drops trailers, which would pass for headers.

    A request to go on with another protocol (Upgrade: h2c, websocket) is answered as if it did not ask for that, which
    HTTP allows (RFC 9110, 7.8). Java's HttpClient asks for it by default. httptools skips the body of such a request
    and reads nothing behind it, so the head is read again without these headers, by a new parser.
    """

    _beside = 0
    _in_head = False
    _stopping = False

    def data_received(self, data: bytes) -> None:
        """Take what came; the packet in which something ended counts for nothing."""
        self._beside += len(data)
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
        if self._beside > MOST_BESIDE and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def _parse(self, data: bytes) -> None:
        pieces = [memoryview(data)]  # no copies, as one packet may have thousands of requests
        while pieces:
            piece = pieces.pop()
            try:
                self.parser.feed_data(piece)
            except httptools.HttpParserUpgrade as upgrade:
                if self.parser.get_method() == b"CONNECT":  # asks for a tunnel
                    self.send_400_response("CONNECT is not supported.")
                    return
                pieces += [piece[upgrade.args[0] :], memoryview(self._head_without_upgrade())]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn has it

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        for name, value in self.headers:
            if name == b"connection":
                options = [option for option in value.split(b",") if option.strip().lower() in _KEPT]
                lines += [b"connection: " + option for option in options]
            elif name not in _OF_UPGRADES:
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])

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
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            if self._stopping:
                self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, without a copy where uvicorn has handed on all that came before."""
        self._beside = 0
        if self.parser.should_upgrade() or self.cycle.response_complete:
            return
        if self.cycle.body:
            super().on_body(body)
            return
        self.cycle.body = body  # type: ignore[assignment]  # it is only measured, added to, and made bytes of
        super().on_body(b"")

    def on_message_complete(self) -> None:
        """End the request."""
        self._beside = 0
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def shutdown(self) -> None:
        """End the connection with its answer; without a request, take one more first that may be on its way."""
        if self._stopping or (self.cycle is not None and not self.cycle.response_complete):
            super().shutdown()
            return
        self._stopping = True
        self.loop.call_later(LAST_REQUEST_SECONDS, self.shutdown)
