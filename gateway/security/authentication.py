"""Authentication: which API key a request shows, and whether it lets the request in."""

from collections.abc import Mapping

from gateway.errors import TooManyRequests
from gateway.exchange import Request
from gateway.security.api_keys import Keys


class Authentication:
    """Lets requests in; `keys` None: everybody may ask. For one event loop."""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys

    def admit(self, request: Request) -> None:
        """Give the request its key's name; raise Unauthorized or TooManyRequests."""
        if self._keys is None:
            return
        try:
            request.key = self._keys.admit(key_of(request.headers))
        except TooManyRequests as error:
            request.key = error.name
            raise


def key_of(headers: Mapping[bytes, bytes]) -> bytes | None:
    """Give the key that a request shows."""
    if b"x-api-key" in headers:
        return headers[b"x-api-key"]
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else None
