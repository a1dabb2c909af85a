"""Model servers, and calls to them with failover."""

import asyncio
from array import array
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import grpc.aio
import pytest
from grpc import StatusCode

from gateway.deadline import Deadline
from gateway.model_server import tensors
from gateway.model_server.client import PREDICT
from gateway.model_server.endpoint import Endpoint
from gateway.model_server.failover import Choose, Failover
from gateway.model_server.retry_budget import RetryBudget
from gateway.model_server.wire.serving_pb2 import ModelSpec, PredictRequest
from gateway.settings import Settings
from tests.support.gateway.gateway_client import Loop
from tests.support.gateway.gateway_pods import Pods
from tests.support.serving.fake_serving import FakeModel

ROOMY = 30.0  # seconds


class Fleet(Pods):
    """Fake model servers for calls without the rest of the gateway."""

    def __init__(self, stack: ExitStack, loop: Loop, clock: Callable[[], float], **versions: int) -> None:
        super().__init__(stack, loop, **{name: {version: FakeModel()} for name, version in versions.items()})
        self.budgeted(RetryBudget(clock))

    def budgeted(self, budget: RetryBudget, attempts: int = 3) -> None:
        """Make the next calls with this budget."""
        self.failover = Failover(self.discovery, replace(Settings(), retry_attempts=attempts), budget)

    async def call(self, seconds: float = ROOMY, choose: Choose | None = None) -> int:
        """Call; give the version that answered."""
        head = PredictRequest(model_spec=ModelSpec(name="ecg")).SerializeToString()
        request = tensors.predict_request(head, "features", array("f", [0.5, 0, 0]).tobytes(), 1)
        answer = await self.failover.call(PREDICT, request, choose or self.discovery.any, Deadline(seconds))
        return int(answer.model_spec.version.value)

    def calls(self, times: int, **options: Any) -> set[int]:
        """Call so many times, one after another."""
        return {self.loop.run(self.call(**options)) for _ in range(times)}

    def fails(self, **options: Any) -> StatusCode:
        """Call in vain."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            self.loop.run(self.call(**options))
        return caught.value.code()

    def start(self, **options: Any) -> "Future[int]":
        """Call without waiting for the answer."""
        return asyncio.run_coroutine_threadsafe(self.call(**options), self.loop.loop)

    @property
    def asked(self) -> dict[str, int]:
        """How many Predict calls each received."""
        return {name: len(serving.predicts()) for name, serving in self.serving.items()}

    def endpoint(self, name: str) -> Endpoint:
        address = f"ipv4:{self.serving[name].target}"
        return next(each for each in self.discovery.endpoints if each.address == address)
