"""Where gRPC requests pass: counts those in flight, and turns new ones away once the server is going."""

import threading
import time
from typing import Final

from serving.errors import Code, ServingError

# gRPC cancels what reaches a server in the moment it stops; callers who are turned away stay away this long
QUIET_SECONDS: Final = 0.1
PERSISTENT_SECONDS: Final = 0.5


class Gate:
    """`with gate:` around a request; raises UNAVAILABLE, which a caller may retry elsewhere, after `close`."""

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
        """Turn newcomers away from now on; return once those inside have left, or after so many seconds.

        Waits a little longer while newcomers keep coming, but not for those who come again and again.
        """
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: self._inside == 0, seconds)
            end = time.monotonic() + PERSISTENT_SECONDS
            while time.monotonic() < end and self._changed.wait(QUIET_SECONDS):
                pass
