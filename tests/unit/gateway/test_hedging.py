"""Endpoints that hang or fail repeatedly: calls are hedged, and the endpoints are ejected."""

from collections.abc import Callable
from contextlib import ExitStack

import grpc.aio
import pytest
from grpc import StatusCode

from gateway.model_server.endpoint import EJECT_AFTER, EJECTED_SECONDS
from gateway.model_server.failover import PAUSES, SLOW_SECONDS
from tests.support.waiting import until
from tests.unit.gateway.fleet import Fleet


@pytest.fixture
def two(fleet_of: Callable[..., Fleet]) -> Fleet:
    return fleet_of(a=1, b=1)


def test_an_endpoint_that_fails_again_and_again_is_ejected(two):
    two.serving["a"].fail(StatusCode.UNAVAILABLE, times=100)
    assert two.calls(20) == {1}
    assert two.asked == {"a": EJECT_AFTER, "b": 20}
    assert two.endpoint("a").ejected


def test_a_probe_readmits_it(two):
    two.serving["a"].fail(StatusCode.UNAVAILABLE, times=EJECT_AFTER)
    two.calls(10)
    two.look()
    two.calls(10)
    assert two.asked["a"] == EJECT_AFTER, "a moment ago it failed"
    two.clock.now += EJECTED_SECONDS
    two.calls(10)
    assert two.asked["a"] == EJECT_AFTER, "nobody has seen it well"
    two.look()
    two.calls(10)
    assert two.asked["a"] == EJECT_AFTER + 5


def test_if_all_endpoints_are_ejected_they_are_called_anyway(two):
    for serving in two.serving.values():
        serving.fail(StatusCode.UNAVAILABLE, times=EJECT_AFTER)
    for _ in range(EJECT_AFTER):
        two.fails(seconds=PAUSES[0])  # too little for a pause, so each is asked once
    assert {two.endpoint(name).ejected for name in "ab"} == {True}
    assert two.calls(10) == {1}


def test_an_endpoint_that_hangs_delays_few_calls_and_is_ejected(two):
    with two.serving["a"].hold():
        assert two.calls(20) == {1}
        assert two.asked == {"a": EJECT_AFTER, "b": 20}
        assert two.endpoint("a").ejected
        for _ in range(EJECT_AFTER):
            two.serving["a"].wait_for_cancelled()
    two.clock.now += EJECTED_SECONDS
    two.look()
    two.calls(10)
    assert two.asked["a"] == EJECT_AFTER + 5


def test_one_slow_answer_is_no_reason_to_eject(two):
    with two.serving["a"].hold():
        two.calls(2)
    assert two.asked == {"a": 1, "b": 2}
    two.calls(10)
    assert two.asked == {"a": 6, "b": 7}


@pytest.mark.parametrize(("first", "version"), [("a", 1), ("b", 2)])
def test_of_two_attempts_the_first_answer_counts_and_the_other_is_cancelled(fleet_of, first, version):
    fleet = fleet_of(a=1, b=2)
    with ExitStack() as other, ExitStack() as winner:
        for name, serving in fleet.serving.items():
            (winner if name == first else other).enter_context(serving.hold())
        call = fleet.start()
        for name in ("a", "b"):
            fleet.serving[name].wait_for_held()
        winner.close()
        assert call.result(30) == version
        fleet.serving["b" if first == "a" else "a"].wait_for_cancelled()
    assert fleet.asked == {"a": 1, "b": 1}


def test_the_slow_attempt_may_still_answer_if_the_other_fails(fleet_of):
    fleet = fleet_of(a=1, b=2)
    fleet.serving["b"].fail(StatusCode.UNAVAILABLE)
    with fleet.serving["a"].hold():
        call = fleet.start()
        until(lambda: fleet.asked["b"])
    assert call.result(30) == 1


def test_if_both_attempts_fail_the_error_is_returned(fleet_of):
    fleet = fleet_of(a=1, b=2)
    with ExitStack() as slow, ExitStack() as other:
        slow.enter_context(fleet.serving["a"].hold())
        other.enter_context(fleet.serving["b"].hold())
        call = fleet.start()
        for name in ("a", "b"):
            fleet.serving[name].wait_for_held()
            fleet.serving[name].fail(StatusCode.INTERNAL, details=name)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        call.result(30)
    assert caught.value.code() is StatusCode.INTERNAL


def test_a_call_with_little_time_is_not_made_twice(two):
    with two.serving["a"].hold():
        assert two.fails(seconds=SLOW_SECONDS / 5) is StatusCode.DEADLINE_EXCEEDED
    assert two.asked == {"a": 1, "b": 0}


def test_the_deadline_holds_even_if_all_endpoints_hang(two):
    with two.serving["a"].hold(), two.serving["b"].hold():
        assert two.fails(seconds=2 * SLOW_SECONDS) is StatusCode.DEADLINE_EXCEEDED
        assert two.asked == {"a": 1, "b": 1}
    assert two.serving["b"].seconds_left[-1] <= SLOW_SECONDS + 0.01, "but for rounding on the wire"


def test_when_the_budget_is_used_up_no_call_is_made_twice(two, used_up):
    two.budgeted(used_up)
    with two.serving["a"].hold():
        assert two.fails(seconds=2 * SLOW_SECONDS) is StatusCode.DEADLINE_EXCEEDED
    assert two.asked == {"a": 1, "b": 0}


@pytest.mark.parametrize("attempts", [1, 2])
def test_a_disconnected_client_cancels_its_attempts_at_the_servers(two, attempts):
    held = list(two.serving.values())[:attempts]
    with two.serving["a"].hold(), two.serving["b"].hold():
        call = two.start()
        for serving in held:
            serving.wait_for_held()
        call.cancel()
        for serving in held:
            serving.wait_for_cancelled()
    assert not any(two.endpoint(name).ejected for name in ("a", "b"))
