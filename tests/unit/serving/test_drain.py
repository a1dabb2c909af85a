"""Drain: requests in flight are waited for, later ones are refused."""

import threading

import pytest

from serving.drain import Drain
from serving.errors import Code, ServingError


def enter_until_closed(drain: Drain) -> None:
    while True:
        with drain:
            pass


def test_closing_waits_for_those_inside():
    drain = Drain()
    closing = threading.Thread(target=drain.close, args=(60,))
    with drain:
        closing.start()
        with pytest.raises(ServingError) as turned_away:
            enter_until_closed(drain)
        assert turned_away.value.code is Code.UNAVAILABLE
        assert closing.is_alive()
    closing.join(20)
    assert not closing.is_alive()


def test_closing_does_not_wait_for_ever():
    drain = Drain()
    with drain:
        drain.close(0)
        with pytest.raises(ServingError), drain:
            pass
