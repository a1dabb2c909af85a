"""The gateway's application in this process, before one fake model server or several."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from gateway.api.app import create_app
from gateway.candidate.deployment import Rollout
from gateway.inference.version_router import Router
from gateway.model_server.discovery import Pool
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from tests.fake_serving import FakeModel, FakeServing
from tests.gateway_pods import Pods


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def client_of(settings: Settings, clock: Clock, kind: type[Router] = Router) -> Iterator[FlaskClient]:
    """Put the application together without a server."""
    metrics = Metrics()
    with Pool(settings, clock=clock) as pool:
        yield create_app(settings, kind(settings, pool, Rollout(), metrics, clock), metrics).test_client()


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
def client(settings, clock) -> Iterator[FlaskClient]:
    with client_of(settings, clock) as client:
        yield client


@pytest.fixture
def another_client(clock) -> Iterator[Callable[..., FlaskClient]]:
    """Put together a client with other settings, or with another kind of router."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(client_of(arguments[0], clock, *arguments[1:]))


@pytest.fixture
def pods() -> Iterator[Pods]:
    """Two pods with version 1 and one with version 2, whose class labels differ."""
    with ExitStack() as stack:
        one, two = {1: FakeModel()}, {2: FakeModel(labels=(-1, 1))}
        yield Pods(stack, a=one, b=one, c=two)
