"""Waiting until something is so, within bounds, with a word whenever something changes."""

from collections.abc import Callable
from typing import TypeVar

from rollout.errors import Conflict, NotAnswering, RolloutError
from rollout.workflow.clock import Clock

POLL_SECONDS = 1

T = TypeVar("T")


class Waiting:
    """Asks again and again; what passes by itself is bounded, what fails is not caught."""

    def __init__(self, clock: Clock, timeout: float, say: Callable[[str], None]) -> None:
        self.clock = clock
        self.say = say
        self._timeout = timeout
        self._said = ""

    def until(self, what: str, poll: Callable[[], T | str]) -> T:
        """Poll until there is a result; text is how far it is. Time counts anew whenever that changes."""
        progress, reason, deadline = "", "", self.clock.seconds() + self._timeout
        while True:
            try:
                found = poll()
                if not isinstance(found, str):
                    return found
                if found != progress:
                    progress, deadline = found, self.clock.seconds() + self._timeout
                reason = found
            except (Conflict, NotAnswering) as error:
                reason = str(error)
            self.tell(reason)
            if self.clock.seconds() >= deadline:
                raise RolloutError(f"{what}: not after {self._timeout:g} s; {reason}")
            self.clock.sleep(POLL_SECONDS)

    def tell(self, line: str) -> None:
        """Say something once, however often it is so in a row."""
        if line != self._said:
            self._said = line
            self.say(line)
