"""Drain: lets gRPC requests in flight end and refuses new ones while the server stops."""

import threading
import time
from typing import Final

from serving.errors import Code, ServingError

# gRPC cancels calls that arrive in the moment when a server stops. So the drain refuses calls until none has arrived
# for QUIET_SECONDS, but for at most PERSISTENT_SECONDS. Both were chosen by hand.
QUIET_SECONDS: Final = 0.1
PERSISTENT_SECONDS: Final = 0.5


class Drain:
    """Counts requests by `with drain:`; after `close` it raises UNAVAILABLE, so that callers retry elsewhere."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    def __enter__(self) -> None:
        with self._changed:
            if self._closed:
                self._changed.notify_all()
                raise ServingError(Code.UNAVAILABLE, "The model server is shutting down.")
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            if self._closed:
                self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Refuse new requests from now on, and return when those in flight have ended, or after `seconds`.

        Then wait up to PERSISTENT_SECONDS more while new requests keep arriving.
        """
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0, seconds)
            end = time.monotonic() + PERSISTENT_SECONDS
            while time.monotonic() < end and self._changed.wait(QUIET_SECONDS):
                pass
