"""Waiting for a condition that can only be polled."""

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 60.0  # seconds

T = TypeVar("T")


def until(condition: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Return the condition's first true value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "the condition did not come true"
        time.sleep(0.02)
    return value
