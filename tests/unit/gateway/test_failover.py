"""Failover with real model servers: which endpoints are tried, and how often."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from grpc import StatusCode

from gateway.errors import ModelNotReady, ModelTooSlow, VersionNotFound
from gateway.model_server.discovery import BETWEEN_PROBES
from gateway.model_server.failover import PAUSES
from gateway.model_server.retry_budget import RetryBudget
from tests.support.serving.fake_serving import FakeModel
from tests.unit.gateway.conftest import Clock
from tests.unit.gateway.fleet import Fleet

GONE = [StatusCode.UNAVAILABLE, StatusCode.CANCELLED]


@pytest.fixture
def two(fleet_of: Callable[..., Fleet]) -> Fleet:
    return fleet_of(a=1, b=1)


@pytest.fixture
def one(fleet_of: Callable[..., Fleet]) -> Fleet:
    return fleet_of(a=1)


def test_idle_endpoints_take_turns(two):
    two.calls(10)
    assert two.asked == {"a": 5, "b": 5}


def test_a_call_goes_where_the_fewest_are_in_flight(two, clock):
    two.budgeted(RetryBudget(clock), attempts=1)  # else what is held would be asked elsewhere, too
    with two.serving["a"].hold():
        held = two.start()
        two.serving["a"].wait_for_held()
        two.calls(5)
        assert two.asked == {"a": 1, "b": 5}
    assert held.result(30) == 1


@pytest.mark.parametrize("code", [*GONE, StatusCode.NOT_FOUND])
def test_a_lost_endpoint_costs_one_further_attempt(two, code):
    two.serving["a"].fail(code)
    assert two.calls(1) == {1}
    assert two.asked == {"a": 1, "b": 1}


@pytest.mark.parametrize("code", GONE)
def test_the_only_endpoint_is_retried_after_pauses(one, code):
    one.serving["a"].fail(code, times=len(PAUSES))
    assert one.calls(1) == {1}
    assert one.asked == {"a": 1 + len(PAUSES)}


def test_a_pause_that_exceeds_the_deadline_is_not_started(one):
    one.serving["a"].fail(StatusCode.UNAVAILABLE, times=2)
    one.fails(seconds=PAUSES[0])
    assert one.asked["a"] <= 1  # none where this machine is slow


def test_an_endpoint_without_the_model_is_not_tried_twice(one, two):
    one.serving["a"].fail(StatusCode.NOT_FOUND, times=3)
    assert one.fails() is StatusCode.NOT_FOUND
    assert one.asked == {"a": 1}
    for serving in two.serving.values():
        serving.fail(StatusCode.NOT_FOUND, times=3)
    assert two.fails() is StatusCode.NOT_FOUND
    assert two.asked == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    "code",
    [
        StatusCode.INTERNAL,
        StatusCode.RESOURCE_EXHAUSTED,
        StatusCode.INVALID_ARGUMENT,
        StatusCode.FAILED_PRECONDITION,
        StatusCode.DEADLINE_EXCEEDED,
        StatusCode.UNKNOWN,
    ],
)
def test_every_other_answer_is_final(two, code):
    two.serving["a"].fail(code)
    assert two.fails() is code
    assert two.asked == {"a": 1, "b": 0}


@pytest.mark.parametrize("attempts", [1, 2, 3, 5])
def test_there_are_no_more_attempts_than_set(fleet_of, clock, attempts):
    fleet = fleet_of(a=1, b=1, c=1, d=1, e=1, f=1)
    fleet.budgeted(RetryBudget(clock), attempts)
    for serving in fleet.serving.values():
        serving.fail(StatusCode.UNAVAILABLE, times=10)
    assert fleet.fails() is StatusCode.UNAVAILABLE
    assert sorted(fleet.asked.values(), reverse=True) == [1] * attempts + [0] * (6 - attempts)


def test_one_deadline_holds_for_all_attempts(one):
    one.serving["a"].fail(StatusCode.UNAVAILABLE, times=len(PAUSES))
    one.calls(1, seconds=5)  # which the wire rounds to 10 ms
    first, *_, last = one.serving["a"].seconds_left[-1 - len(PAUSES) :]
    assert first - last > PAUSES[-1] - 0.02


def test_after_the_deadline_no_endpoint_is_called(two):
    with pytest.raises(ModelTooSlow):
        two.calls(1, seconds=0)
    assert two.asked == {"a": 0, "b": 0}


def test_when_the_budget_is_used_up_nothing_is_tried_again(two, used_up, clock: Clock):
    two.budgeted(used_up)
    two.serving["a"].fail(StatusCode.UNAVAILABLE)
    assert two.fails() is StatusCode.UNAVAILABLE
    assert two.asked == {"a": 1, "b": 0}
    clock.now += 1
    two.serving["b"].fail(StatusCode.UNAVAILABLE)
    assert two.calls(1) == {1}
    assert two.asked == {"a": 2, "b": 1}


def test_calls_that_are_answered_pay_for_retries(two, used_up):
    two.budgeted(used_up)
    two.calls(10)  # for two
    two.serving["a"].fail(StatusCode.UNAVAILABLE)
    assert two.calls(1) == {1}


def test_only_endpoints_with_the_version_are_called(fleet_of):
    fleet = fleet_of(a=1, b=2, c=2)
    for name in ("b", "c"):
        fleet.serving[name].fail(StatusCode.UNAVAILABLE, times=2)
    assert fleet.fails(seconds=PAUSES[0], choose=partial(fleet.discovery.having, 2)) is StatusCode.UNAVAILABLE
    assert fleet.asked["a"] == 0


def test_a_new_endpoint_is_found_by_a_new_probe(fleet_of):
    fleet = fleet_of(a=1, b=2)
    fleet.remove("b")
    fleet.add("c", {2: FakeModel()})
    fleet.clock.now += BETWEEN_PROBES
    assert fleet.calls(1, choose=partial(fleet.discovery.having, 2)) == {2}
    assert fleet.asked == {"a": 0, "c": 1}


@pytest.mark.parametrize(("gone", "error"), [(["b"], VersionNotFound), (["a", "b"], ModelNotReady)])
def test_a_version_that_vanished_gives_the_error_of_the_choice(fleet_of, gone, error):
    fleet = fleet_of(a=1, b=2)
    for name in gone:
        fleet.serving[name].stop()
    fleet.clock.now += BETWEEN_PROBES
    with pytest.raises(error):
        fleet.calls(1, choose=partial(fleet.discovery.having, 2))


def test_a_server_that_stops_during_a_call_counts_as_lost(two: Fleet):
    async def stopped() -> int:
        call = asyncio.create_task(two.call())
        await asyncio.to_thread(two.serving["a"].wait_for_held)
        await asyncio.to_thread(two.serving["a"].stop)
        return await call

    with two.serving["a"].hold():
        assert two.loop.run(stopped()) == 1
    assert two.asked["b"] == 1
