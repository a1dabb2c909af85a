"""Authentication: reads the API key of a request and checks it."""

from collections.abc import Mapping

from gateway.errors import TooManyRequests
from gateway.exchange import Request
from gateway.security.api_keys import Keys


class Authentication:
    """Authenticates requests; with `keys` None no key is needed. For one event loop."""

    def __init__(self, keys: Keys | None) -> None:
        self._keys = keys

    def admit(self, request: Request) -> None:
        """Check the request's key and store the key's name in the request.

        Raises:
            Unauthorized: The key is missing or unknown.
            TooManyRequests: The key has used up its rate limit.
        """
        if self._keys is None:
            return
        try:
            request.key = self._keys.admit(key_of(request.headers))
        except TooManyRequests as error:
            request.key = error.name
            raise


def key_of(headers: Mapping[bytes, bytes]) -> bytes | None:
    """Return the API key of the headers, or None."""
    if b"x-api-key" in headers:
        return headers[b"x-api-key"]
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    return key.strip() if scheme.lower() == b"bearer" else None
