"""Headers for browsers: security headers, and permission for pages of other origins (CORS)."""

from collections.abc import Mapping
from typing import Final

from gateway.exchange import REQUEST_ID, VERSION, Headers
from gateway.routes import Kind, Route
from gateway.settings import Settings

PREFLIGHT_SECONDS: Final = 600  # how long browsers may cache a preflight; chosen by hand

_EVERY: Final[Headers] = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]
_POLICY: Final = b"content-security-policy"
_FRAMES: Final = b"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_OWN: Final = b"default-src 'self'; img-src 'self' data: blob:; " + _FRAMES
_BY_KIND: Final[dict[Kind, Headers]] = {
    "api": [*_EVERY, (_POLICY, b"default-src 'none'; frame-ancestors 'none'"), (b"cache-control", b"no-store")],
    "page": [*_EVERY, (_POLICY, _OWN)],
    # Swagger UI uses inline styles.
    "docs": [*_EVERY, (_POLICY, _OWN.replace(b"; ", b"; style-src 'self' 'unsafe-inline'; ", 1))],
}


class Browsers:
    """Makes the headers by the allowed origins."""

    def __init__(self, settings: Settings) -> None:
        self._origins = frozenset(settings.cors_origins.split(",")) - {""}
        sent = ("Authorization", "Content-Type", "X-API-Key", REQUEST_ID, VERSION, settings.sticky_header)
        self._sent = ", ".join(sent).encode()
        self._exposed = f"{VERSION}, {REQUEST_ID}, Retry-After".encode()

    def preflight(self, method: str, headers: Mapping[bytes, bytes]) -> Headers | None:
        """Return the headers that answer a CORS preflight of an allowed origin; None for any other request."""
        if method != "OPTIONS" or b"access-control-request-method" not in headers or not self._origin(headers):
            return None
        return [
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", self._sent),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        ]

    def headers(self, route: Route | None, headers: Mapping[bytes, bytes]) -> Headers:
        """Return the headers for browsers of an answer at a route."""
        more = _BY_KIND[route.kind if route else "api"]
        if not self._origins:
            return more
        more = [*more, (b"vary", b"Origin")]
        if origin := self._origin(headers):
            more += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", self._exposed)]
        return more

    def _origin(self, headers: Mapping[bytes, bytes]) -> bytes:
        """Return the request's origin if it is allowed, otherwise b""."""
        origin = headers.get(b"origin", b"") if self._origins else b""
        return origin if origin and ("*" in self._origins or origin.decode("latin1") in self._origins) else b""
