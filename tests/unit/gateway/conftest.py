"""The gateway's application in this process, before one fake model server or several."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from gateway.candidate.deployment import Rollout
from gateway.composition import compose
from gateway.inference.version_router import VersionRouter
from gateway.model_server.discovery import Discovery
from gateway.model_server.failover import Failover
from gateway.model_server.retry_budget import RetryBudget
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from tests.support.gateway.gateway_client import Client, Loop, a_loop, living
from tests.support.gateway.gateway_pods import Pods
from tests.support.serving.fake_serving import FakeModel, FakeServing
from tests.unit.gateway.fleet import Fleet


class Clock:
    """A clock in seconds that a test advances."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def client_of(settings: Settings, clock: Clock, kind: type[VersionRouter], loop: Loop) -> Iterator[Client]:
    """Put a worker's application together without a server, and start it."""
    metrics, discovery, rollout = Metrics(), Discovery(settings, clock=clock), Rollout()
    failover = Failover(discovery, settings, RetryBudget(clock))
    router = kind(settings, discovery, failover, rollout, metrics, clock)
    with living(compose(settings, discovery, rollout, router, metrics), loop) as client:
        yield client


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    with a_loop() as loop:
        yield loop


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serving() -> Iterator[FakeServing]:
    fake = FakeServing()
    fake.start()
    yield fake
    fake.stop()


@pytest.fixture
def settings(serving) -> Settings:
    return replace(Settings(), serving_target=serving.target, max_batch=5, max_body_bytes=10_000)


@pytest.fixture
def client(another_client: Callable[..., Client], settings: Settings) -> Client:
    return another_client(settings)


@pytest.fixture
def another_client(clock, loop) -> Iterator[Callable[..., Client]]:
    """Put together a client with other settings, or with another kind of router."""
    with ExitStack() as stack:
        yield lambda settings, kind=VersionRouter: stack.enter_context(client_of(settings, clock, kind, loop))


@pytest.fixture
def pods(loop) -> Iterator[Pods]:
    """Two pods with version 1 and one with version 2, whose class labels differ."""
    with ExitStack() as stack:
        one, two = {1: FakeModel()}, {2: FakeModel(labels=(-1, 1))}
        yield Pods(stack, loop, a=one, b=one, c=two)


@pytest.fixture
def fleet_of(loop, clock) -> Iterator[Callable[..., Fleet]]:
    """Make a fleet: a name for each server, and its version."""
    with ExitStack() as stack:
        yield lambda **versions: Fleet(stack, loop, clock, **versions)


@pytest.fixture
def used_up(clock) -> RetryBudget:
    """A budget without a retry left."""
    budget = RetryBudget(clock)
    while budget.withdraw():
        pass
    return budget
