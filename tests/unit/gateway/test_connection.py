"""The channel to the model server is opened anew when none of its addresses answers."""

import grpc
import pytest

from gateway.model_server.client import STATUS
from gateway.model_server.connection import PAUSE, Connection, default_channel
from gateway.model_server.wire.serving_pb2 import GetModelStatusRequest, ModelSpec
from gateway.settings import Settings
from tests.fake_serving import FakeModel, FakeServing

REQUEST = GetModelStatusRequest(model_spec=ModelSpec(name="ecg"))


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Opener:
    """Opens channels to the next target each time, the last one for ever; keeps what it opened."""

    def __init__(self, *targets: str) -> None:
        self.targets = list(targets)
        self.opened: list[grpc.Channel] = []

    def __call__(self, settings: Settings) -> grpc.Channel:
        target = self.targets.pop(0) if len(self.targets) > 1 else self.targets[0]
        self.opened.append(default_channel(Settings(serving_target=target, retry_attempts=1)))
        return self.opened[-1]


@pytest.fixture
def nobody(tmp_path):
    return f"unix:{tmp_path}/nobody"


@pytest.fixture
def somebody():
    fake = FakeServing(FakeModel(width=3))
    fake.start()
    yield fake.target
    fake.stop()


def test_the_call_that_meets_nobody_is_made_again_on_a_new_channel(nobody, somebody):
    clock, opener = Clock(), Opener(nobody, somebody)
    with Connection(Settings(), opener, clock) as connection:
        clock.now += PAUSE
        assert connection.call(STATUS, REQUEST).model_version_status
        assert len(opener.opened) == 2


def test_while_nobody_answers_channels_are_opened_at_intervals_and_old_ones_closed(nobody):
    clock, opener = Clock(), Opener(nobody)
    with Connection(Settings(deadline_seconds=3), opener, clock) as connection:
        for _ in range(20):
            clock.now += PAUSE / 2
            with pytest.raises(grpc.RpcError):
                connection.call(STATUS, REQUEST)
        assert len(opener.opened) == 11
        with pytest.raises(ValueError, match="closed"):
            call(opener.opened[0])
        with pytest.raises(grpc.RpcError):
            call(opener.opened[-2])


def call(channel: grpc.Channel) -> None:
    channel.unary_unary("/x/y", bytes, bytes)(b"", timeout=1)
