"""Polls a condition until it holds or times out, and reports each change of the progress."""

from collections.abc import Callable
from typing import TypeVar

from rollout.errors import Conflict, NotAnswering, RolloutError
from rollout.workflow.clock import Clock

POLL_SECONDS = 1

T = TypeVar("T")


class Waiting:
    """Polls with a timeout. Errors that may pass are retried until then; all others are raised."""

    def __init__(self, clock: Clock, timeout: float, say: Callable[[str], None]) -> None:
        self.clock = clock
        self.say = say
        self._timeout = timeout
        self._said = ""

    def until(self, what: str, poll: Callable[[], T | str]) -> T:
        """Poll until there is a result. A text is the progress, and each change of it restarts the timeout.

        Raises:
            RolloutError: The progress did not change for the timeout.
        """
        progress, reason, deadline = "", "", self.clock.seconds() + self._timeout
        while True:
            try:
                result = poll()
                if not isinstance(result, str):
                    return result
                if result != progress:
                    progress, deadline = result, self.clock.seconds() + self._timeout
                reason = result
            except (Conflict, NotAnswering) as error:
                reason = str(error)
            self.tell(reason)
            if self.clock.seconds() >= deadline:
                raise RolloutError(f"{what}: not after {self._timeout:g} s; {reason}")
            self.clock.sleep(POLL_SECONDS)

    def tell(self, line: str) -> None:
        """Report a line, unless it was the last one reported."""
        if line != self._said:
            self._said = line
            self.say(line)
