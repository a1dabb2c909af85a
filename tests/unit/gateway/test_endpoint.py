"""One endpoint: its calls in flight, and when it is ejected and let in again."""

import asyncio
from collections.abc import Iterator

import grpc.aio
import pytest
from grpc import StatusCode

from gateway.model_server.client import PREDICT
from gateway.model_server.discovery import STATUS
from gateway.model_server.endpoint import EJECT_AFTER, EJECTED_SECONDS, MOST_EJECTED_SECONDS, Endpoint
from gateway.model_server.wire.serving_pb2 import GetModelStatusRequest, ModelSpec, PredictRequest
from tests.support.gateway.gateway_client import Loop
from tests.unit.gateway.conftest import Clock

WHICH = GetModelStatusRequest(model_spec=ModelSpec(name="ecg"))
# held where a prediction is, and answered by any model
METADATA = PredictRequest(model_spec=ModelSpec(name="ecg", signature_name="metadata"))


@pytest.fixture
def endpoint(serving, loop: Loop, clock) -> Iterator[Endpoint]:
    async def made() -> Endpoint:
        return Endpoint(f"ipv4:{serving.target}", clock)

    endpoint = loop.run(made())
    yield endpoint
    loop.run(endpoint.close())


def eject(endpoint: Endpoint) -> None:
    for _ in range(EJECT_AFTER):
        endpoint.failed()
    assert endpoint.ejected


def test_failures_in_a_row_eject(endpoint):
    for _ in range(EJECT_AFTER - 1):
        endpoint.failed()
    assert not endpoint.ejected
    endpoint.failed()
    assert endpoint.ejected


def test_failures_with_an_answer_between_do_not(endpoint):
    for _ in range(10):
        for _ in range(EJECT_AFTER - 1):
            endpoint.failed()
        endpoint.succeeded()
    assert not endpoint.ejected


def test_a_successful_probe_readmits_it(endpoint, clock: Clock):
    eject(endpoint)
    endpoint.probed()
    assert endpoint.ejected, "it was ejected only now"
    clock.now += EJECTED_SECONDS
    assert endpoint.ejected, "time alone does not let it in"
    endpoint.probed()
    assert not endpoint.ejected
    for _ in range(EJECT_AFTER - 1):
        endpoint.failed()
    assert not endpoint.ejected, "what was before does not count"


def out_for(endpoint: Endpoint, clock: Clock) -> float:
    """Seconds of an ejection, with a probe in each that succeeds."""
    eject(endpoint)
    start = clock.now
    while endpoint.ejected:
        clock.now += 1
        endpoint.probed()
    return clock.now - start


def test_each_ejection_is_longer_up_to_a_limit(endpoint, clock: Clock):
    lengths = [out_for(endpoint, clock) for _ in range(40)]
    assert lengths[:3] == [EJECTED_SECONDS, 2 * EJECTED_SECONDS, 3 * EJECTED_SECONDS]
    assert max(lengths) == lengths[-1] == MOST_EJECTED_SECONDS


def test_a_time_without_failures_resets_the_ejections(endpoint, clock: Clock):
    for _ in range(5):
        out_for(endpoint, clock)
    endpoint.succeeded()
    endpoint.probed()
    assert out_for(endpoint, clock) == EJECTED_SECONDS


def test_calls_are_in_flight_until_they_end_in_any_way(endpoint, serving, loop):
    async def calls() -> None:
        call = endpoint.start(STATUS, WHICH, 30)
        assert endpoint.in_flight == 1
        await call
        assert endpoint.in_flight == 0
        serving.states_fail = StatusCode.INTERNAL
        with pytest.raises(grpc.aio.AioRpcError):
            await endpoint.start(STATUS, WHICH, 30)
        assert endpoint.in_flight == 0
        call = endpoint.start(STATUS, WHICH, 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert endpoint.in_flight == 0

    loop.run(calls())


def test_a_call_ends_after_its_timeout(endpoint, serving, loop):
    async def call() -> None:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await endpoint.start(PREDICT, METADATA, 0.01)
        assert caught.value.code() is StatusCode.DEADLINE_EXCEEDED

    with serving.hold():
        loop.run(call())


def test_a_channel_that_closes_lets_its_calls_end(serving, loop, clock):
    async def closing() -> None:
        endpoint = Endpoint(f"ipv4:{serving.target}", clock)
        with serving.hold():
            call = endpoint.start(PREDICT, METADATA, 30)
            await asyncio.to_thread(serving.wait_for_held)
            closing = asyncio.create_task(endpoint.close(30))
            await asyncio.sleep(0)  # it has begun
            assert not closing.done()
        assert (await call).outputs
        await closing
        with pytest.raises(grpc.aio.UsageError):
            endpoint.start(PREDICT, METADATA, 30)

    loop.run(closing())
