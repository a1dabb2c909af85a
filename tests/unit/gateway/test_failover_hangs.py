"""Some endpoints hang and others fail: no call waits for a hanging endpoint while another can answer it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

import pytest
from grpc import StatusCode

from gateway.errors import ModelNotReady
from gateway.model_server.endpoint import EJECT_AFTER, EJECTED_SECONDS, Endpoint
from gateway.model_server.failover import SLOW_SECONDS, Failover
from gateway.model_server.retry_budget import RetryBudget
from gateway.settings import Settings
from tests.unit.gateway.fleet import Fleet


@pytest.fixture
def two(fleet_of: Callable[..., Fleet]) -> Fleet:
    """Of different versions, so that an answer identifies its endpoint."""
    return fleet_of(a=1, b=2)


def eject(endpoint: Endpoint) -> None:
    for _ in range(EJECT_AFTER):
        endpoint.failed()


def test_a_third_endpoint_is_tried_if_one_hangs_and_another_is_lost(fleet_of):
    fleet = fleet_of(a=1, c=3, b=2)  # asked in the order of the letters
    fleet.serving["b"].fail(StatusCode.UNAVAILABLE)
    with fleet.serving["a"].hold():
        assert fleet.calls(1) == {3}
    assert fleet.asked == {"a": 1, "b": 1, "c": 1}


def test_a_third_endpoint_is_tried_if_two_hang(fleet_of):
    fleet = fleet_of(a=1, c=3, b=2)
    with fleet.serving["a"].hold(), fleet.serving["b"].hold():
        assert fleet.calls(1) == {3}
    assert fleet.asked == {"a": 1, "b": 1, "c": 1}


def test_a_final_error_does_not_wait_for_a_hanging_endpoint(two):
    with two.serving["a"].hold():
        for _ in range(EJECT_AFTER):
            two.serving["b"].fail(StatusCode.INVALID_ARGUMENT)
            assert two.fails() is StatusCode.INVALID_ARGUMENT
            two.calls(1)  # so that the next one begins at `a`
        assert two.endpoint("a").ejected, "`b` was faster each time"


def test_an_endpoint_that_was_lost_for_a_moment_answers_if_the_other_hangs(two):
    two.serving["b"].fail(StatusCode.UNAVAILABLE)
    with two.serving["a"].hold():
        assert two.calls(1) == {2}
    assert two.asked == {"a": 1, "b": 2}


def test_an_endpoint_that_was_lost_for_a_moment_answers_if_the_other_is_ejected(two):
    eject(two.endpoint("a"))
    two.serving["b"].fail(StatusCode.UNAVAILABLE)
    with two.serving["a"].hold():
        assert two.calls(1) == {2}
    assert two.asked == {"a": 1, "b": 2}


def test_a_slow_answer_counts_although_its_endpoint_is_not_chosen_any_more(two):
    """As when a version is unloaded everywhere while it still answers."""
    chosen: Iterator[Sequence[Endpoint]] = iter([two.discovery.endpoints])

    def choose() -> Sequence[Endpoint]:
        if endpoints := next(chosen, None):
            return endpoints
        held.close()
        raise ModelNotReady("scripted")

    with ExitStack() as held:
        held.enter_context(two.serving["a"].hold())
        assert two.calls(1, choose=choose) == {1}


def test_with_a_short_deadline_another_endpoint_is_tried_sooner(two, clock):
    hasty = replace(Settings(), deadline_seconds=SLOW_SECONDS / 5)
    two.failover = Failover(two.discovery, hasty, RetryBudget(clock))
    with two.serving["a"].hold():
        assert two.calls(1, seconds=SLOW_SECONDS) == {2}


def test_a_call_with_too_little_time_does_not_count_against_its_endpoint(fleet_of):
    fleet = fleet_of(a=1)
    with fleet.serving["a"].hold():
        for _ in range(EJECT_AFTER):
            assert fleet.fails(seconds=SLOW_SECONDS / 10) is StatusCode.DEADLINE_EXCEEDED
    assert not fleet.endpoint("a").ejected


def test_an_endpoint_that_answers_probes_only_is_ejected_for_longer_each_time(two):
    with two.serving["a"].hold():
        two.calls(2 * EJECT_AFTER)
        two.clock.now += EJECTED_SECONDS
        for _ in range(3):  # while nobody asks
            two.look()
        assert not two.endpoint("a").ejected
        two.calls(2 * EJECT_AFTER)
        two.clock.now += EJECTED_SECONDS
        two.look()
        assert two.endpoint("a").ejected
        two.clock.now += EJECTED_SECONDS
        two.look()
        assert not two.endpoint("a").ejected


def test_ejections_are_logged(two, caplog):
    caplog.set_level("INFO")
    eject(two.endpoint("a"))
    two.clock.now += EJECTED_SECONDS
    two.look()
    lines = [record for record in caplog.records if record.name == "gateway.endpoints"]
    assert [line.levelname for line in lines] == ["WARNING", "INFO"]
    assert {line.fields["endpoint"] for line in lines} == {two.endpoint("a").address}


def test_nothing_is_left_in_flight(two):
    """A call may end by another endpoint's answer, by a timeout, or late."""
    with two.serving["a"].hold(), two.serving["b"].hold():
        gone = two.start()
        two.serving["a"].wait_for_held()
        two.serving["b"].wait_for_held()
        gone.cancel()
        two.fails(seconds=2 * SLOW_SECONDS)
    with two.serving["a"].hold():
        two.calls(2)

    async def settle() -> None:
        while any(endpoint.in_flight for endpoint in two.discovery.endpoints):
            await asyncio.sleep(0)

    two.loop.run(settle())


def test_calls_that_fail_together_count_once(two):
    """As when a connection breaks: one event is no reason to eject."""
    endpoint, since = two.endpoint("a"), two.clock.now
    two.clock.now += 1
    for _ in range(2 * EJECT_AFTER):
        endpoint.failed(since)
    assert not endpoint.ejected
    for _ in range(EJECT_AFTER - 1):
        endpoint.failed(two.clock.now)
    assert endpoint.ejected
