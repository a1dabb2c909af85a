"""The gate in front of requests: who is inside is waited for, who comes later is turned away."""

import threading

import pytest

from serving.drain import Gate
from serving.errors import Code, ServingError


def enter_until_closed(gate: Gate) -> None:
    while True:
        with gate:
            pass


def test_closing_waits_for_those_inside():
    gate = Gate()
    closing = threading.Thread(target=gate.close, args=(60,))
    with gate:
        closing.start()
        with pytest.raises(ServingError) as turned_away:
            enter_until_closed(gate)
        assert turned_away.value.code is Code.UNAVAILABLE
        assert closing.is_alive()
    closing.join(20)
    assert not closing.is_alive()


def test_closing_does_not_wait_for_ever():
    gate = Gate()
    with gate:
        gate.close(0)
        with pytest.raises(ServingError), gate:
            pass
