"""Endpoint discovery: the addresses, their versions, and addresses that vanish."""

import asyncio
from dataclasses import replace

import grpc.aio
import pytest
from grpc import StatusCode

from gateway.deadline import Deadline
from gateway.errors import ModelNotReady, VersionNotFound
from gateway.model_server.discovery import BETWEEN_PROBES, STATUS, Discovery
from gateway.model_server.endpoint import EJECT_AFTER, EJECTED_SECONDS, Endpoint
from gateway.model_server.wire.serving_pb2 import GetModelStatusRequest, ModelSpec
from gateway.settings import Settings
from tests.support.gateway.gateway_pods import Pods
from tests.support.serving.fake_serving import STATE, FakeModel, FakeServing
from tests.support.waiting import until

REQUEST = GetModelStatusRequest(model_spec=ModelSpec(name="ecg"))


def endpoint(pods: Pods, name: str) -> Endpoint:
    (found,) = [each for each in pods.discovery.endpoints if each.address == f"ipv4:{pods.serving[name].target}"]
    return found


def names(pods: Pods, endpoints: list[Endpoint]) -> set[str]:
    return {name for name in pods.serving if endpoint(pods, name) in endpoints}


def probes(serving: FakeServing) -> int:
    return sum(isinstance(request, GetModelStatusRequest) for request in serving.requests)


def test_each_endpoint_is_asked_for_its_versions(pods):
    assert pods.discovery.available == [2, 1]
    assert names(pods, pods.discovery.having(1)) == {"a", "b"}
    assert names(pods, pods.discovery.having(2)) == {"c"}
    assert names(pods, pods.discovery.other_than(2)) == {"a", "b"}
    assert names(pods, pods.discovery.any()) == {"a", "b", "c"}


def test_an_unknown_version_is_an_error_that_names_the_available_ones(pods):
    with pytest.raises(VersionNotFound, match="version 3; AVAILABLE versions: 2, 1"):
        pods.discovery.having(3)


def test_only_versions_that_are_available_count(pods):
    pods.serving["c"].states = {2: STATE.LOADING, 3: STATE.END}
    pods.look()
    assert pods.discovery.available == [1]
    assert names(pods, pods.discovery.any()) == {"a", "b"}, "who has none is asked only where nobody has any"


def test_before_the_first_probe_no_address_is_known():
    with pytest.raises(ModelNotReady, match="No model server answers"):
        Discovery(Settings()).any()
    with pytest.raises(ModelNotReady, match="has an AVAILABLE version"):
        Discovery(Settings()).having(1)


def test_without_any_version_every_endpoint_may_be_called_but_none_for_a_given_version(pods):
    for serving in pods.serving.values():
        serving.models = {}
    pods.look()
    assert names(pods, pods.discovery.any()) == {"a", "b", "c"}
    with pytest.raises(ModelNotReady):
        pods.discovery.having(1)


def test_without_other_versions_any_endpoint_is_returned_unless_strict(pods):
    for name in ("a", "b"):
        pods.remove(name)
    pods.look()
    assert names(pods, pods.discovery.other_than(2)) == {"c"}
    with pytest.raises(ModelNotReady, match="that may be served"):
        pods.discovery.other_than(2, strictly=True)


def test_a_pod_that_is_too_busy_for_a_probe_keeps_its_versions(pods):
    pods.serving["c"].states_fail = StatusCode.DEADLINE_EXCEEDED
    pods.look()
    assert pods.discovery.available == [2, 1]
    pods.serving["c"].states_fail = StatusCode.UNAVAILABLE
    pods.look()
    assert pods.discovery.available == [1]


def test_a_pod_that_hangs_holds_up_no_other_and_is_ejected(pods):
    with pods.serving["c"].hold(probes=True):
        pods.add("d", {3: FakeModel()})
        pods.serving["a"].models = {4: FakeModel()}
        for _ in range(EJECT_AFTER):
            pods.look()
        assert pods.discovery.available == [4, 3, 2, 1]
        assert endpoint(pods, "c").ejected
    pods.clock.now += EJECTED_SECONDS
    pods.look()
    assert not endpoint(pods, "c").ejected


def test_a_name_that_cannot_be_resolved_for_a_moment_changes_nothing(pods):
    pods.resolves = False
    pods.serving["a"].models = {3: FakeModel()}
    pods.look()
    assert {each.address for each in pods.discovery.endpoints} == set(pods.addresses)
    assert pods.discovery.available == [3, 2, 1], "those that are known are asked all the same"


def test_an_endpoint_stays_the_same_as_long_as_its_address_is_there(pods):
    before = endpoint(pods, "a")
    pods.remove("c")
    pods.add("d", {1: FakeModel()})
    pods.look()
    assert endpoint(pods, "a") is before
    assert names(pods, pods.discovery.endpoints) == {"a", "b", "d"}


def test_the_channel_of_a_vanished_address_is_closed_when_its_calls_have_ended(pods):
    gone, address = endpoint(pods, "c"), pods.serving["c"]

    async def go_on(endpoint: Endpoint) -> None:
        deadline = Deadline(30)
        while deadline.remaining():
            await endpoint.start(STATUS, REQUEST, 1)

    async def vanish() -> None:
        with address.hold(probes=True):
            call = gone.start(STATUS, REQUEST, 30)
            del pods.serving["c"]
            await pods.discovery.probe()
            assert gone not in pods.discovery.endpoints
            assert gone.in_flight == 1
        assert [row.version for row in (await call).model_version_status] == [2]
        with pytest.raises(grpc.aio.UsageError, match="closed"):
            await go_on(gone)

    pods.loop.run(vanish())


def test_probes_at_the_same_time_are_one(pods):
    async def together() -> None:
        await asyncio.gather(*(pods.discovery.probe() for _ in range(5)))

    pods.loop.run(together())
    assert probes(pods.serving["a"]) == 1 + 1


def test_a_cancelled_caller_does_not_end_the_shared_probe(pods):
    async def one_goes() -> None:
        first, second = asyncio.create_task(pods.discovery.probe()), asyncio.create_task(pods.discovery.probe())
        await asyncio.sleep(0)  # both have begun
        first.cancel()
        await second
        assert first.cancelled()

    pods.serving["a"].models = {3: FakeModel()}
    pods.loop.run(one_goes())
    assert pods.discovery.available == [3, 2, 1]


def test_a_probe_is_repeated_only_after_a_while(pods):
    for _ in range(5):
        pods.loop.run(pods.discovery.probe_again())
    assert probes(pods.serving["a"]) == 1
    pods.clock.now += BETWEEN_PROBES
    for _ in range(5):
        pods.loop.run(pods.discovery.probe_again())
    assert probes(pods.serving["a"]) == 2


def test_discovery_continues_after_every_failure_until_shutdown(serving, loop, caplog):
    """The name's addresses cannot even be formatted: an unexpected error."""
    answers = iter([ValueError("scripted")])

    def resolve(target: str) -> tuple[str, ...]:
        if error := next(answers, None):
            raise error
        return (f"ipv4:{target}",)

    discovery = Discovery(replace(Settings(), serving_target=serving.target), resolve)
    looking = asyncio.run_coroutine_threadsafe(discovery.run(), loop.loop)
    assert until(lambda: discovery.available) == [1]
    looking.cancel()
    loop.run(discovery.close())
    assert "the discovery of model servers failed" in caplog.text
