"""Extends uvicorn's HTTP parser: limits for headers and trailers, Upgrade requests, bodies without copies."""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_OUTSIDE_BODY: Final = 64 * 2**10  # consecutive bytes that belong to no body; chosen by hand
# How long an idle keep-alive connection stays open when the gateway stops (chosen by hand). A proxy may be sending the
# next request on it, and would answer 502 if the gateway closed it at once.
LAST_REQUEST_SECONDS: Final = 2.0
_UPGRADE_HEADERS: Final = (b"upgrade", b"http2-settings")
_CONNECTION_OPTIONS: Final = (b"close", b"keep-alive")  # options of the header Connection that are not dropped


class Protocol(HttpToolsProtocol):
    """Closes a connection with endless headers or trailers, and drops trailers, which httptools reports as headers.

    The server may ignore an Upgrade (h2c, websocket) by RFC 9110, section 7.8, and this class does. Java's HttpClient
    asks for h2c by default. httptools skips the body of such a request and everything after it, so a new parser reads
    the headers again without the Upgrade.
    """

    _outside_body = 0
    _in_head = False
    _stopping = False

    def data_received(self, data: bytes) -> None:
        """Parse received bytes; the packet that ends headers or a body does not count towards the limit."""
        self._outside_body += len(data)
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self.logger.warning("Invalid HTTP request received.")
            self.send_400_response("Invalid HTTP request received.")
        if self._outside_body > MOST_OUTSIDE_BODY and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def _parse(self, data: bytes) -> None:
        pieces = [memoryview(data)]  # no copies, because one packet may have thousands of requests
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
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        for name, value in self.headers:
            if name == b"connection":
                options = [option for option in value.split(b",") if option.strip().lower() in _CONNECTION_OPTIONS]
                lines += [b"connection: " + option for option in options]
            elif name not in _UPGRADE_HEADERS:
                lines.append(name + b": " + value)
        return b"\r\n".join([*lines, b"", b""])

    def on_message_begin(self) -> None:
        """Begin the headers of a request."""
        self._outside_body, self._in_head = 0, True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header, unless it is a trailer after the body."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """End the headers."""
        self._outside_body, self._in_head = 0, False
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            if self._stopping:
                self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, without a copy if the application has received all earlier parts."""
        self._outside_body = 0
        if self.parser.should_upgrade() or self.cycle.response_complete:
            return
        if self.cycle.body:
            super().on_body(body)
            return
        self.cycle.body = body  # type: ignore[assignment]  # uvicorn only uses its length, += and bytes()
        super().on_body(b"")

    def on_message_complete(self) -> None:
        """End the request."""
        self._outside_body = 0
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def shutdown(self) -> None:
        """Close the connection after the current answer; if it is idle, wait a moment for one more request first."""
        if self._stopping or (self.cycle is not None and not self.cycle.response_complete):
            super().shutdown()
            return
        self._stopping = True
        self.loop.call_later(LAST_REQUEST_SECONDS, self.shutdown)
