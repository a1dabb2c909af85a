"""The gateway's application in this process, before a fake model server."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.connection import Connection
from gateway.model_server import ModelServer
from gateway.predictor import Predictor
from gateway.settings import Settings
from tests.fake_serving import FakeServing


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


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
    with Connection(settings) as connection:
        yield create_app(settings, Predictor(ModelServer(connection, settings), clock)).test_client()
