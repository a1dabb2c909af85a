"""The gateway in this process before several fake model servers, as before the pods of a Deployment."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from gateway.candidate.annotation import Candidate
from gateway.candidate.deployment import Rollout
from gateway.composition import compose
from gateway.inference.version_router import VersionRouter
from gateway.model_server.discovery import Discovery
from gateway.model_server.failover import Failover
from gateway.model_server.retry_budget import RetryBudget
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from tests.support.gateway.gateway_client import Client, Loop
from tests.support.gateway.gateway_metrics import total
from tests.support.serving.fake_serving import FakeModel, FakeServing

BEAT = {"features": [0.5, 0, 0]}


class Pods:
    """One fake model server for each name; the test sets `clock.now` and `random_number.now`."""

    def __init__(self, stack: ExitStack, loop: Loop, **versions: Mapping[int, FakeModel]) -> None:
        self.clock, self.random_number = SimpleNamespace(now=1000.0), SimpleNamespace(now=0.5)
        self._stack = stack
        self.serving: dict[str, FakeServing] = {}
        for name, models in versions.items():
            self.add(name, models)
        self.resolves = True
        self.rollout, self.metrics = Rollout(), Metrics()
        self.loop = loop
        settings = replace(Settings(), serving_target="pods", retry_attempts=3)
        self.discovery = Discovery(settings, self._resolve, lambda: self.clock.now)
        stack.callback(lambda: loop.run(self.discovery.close()))
        failover = Failover(self.discovery, settings, RetryBudget())
        self.router = VersionRouter(
            settings,
            self.discovery,
            failover,
            self.rollout,
            self.metrics,
            lambda: self.clock.now,
            lambda: self.random_number.now,
        )
        self.client = Client(compose(settings, self.discovery, self.rollout, self.router, self.metrics), loop)
        self.look()

    def look(self) -> None:
        """Have discovery probe every endpoint now."""
        self.loop.run(self.discovery.probe())

    def compare(self) -> None:
        """Wait until the candidate has received all shadow requests."""
        self.loop.run(self.router.shadow.wait())

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of the serving target's name."""
        return tuple(f"ipv4:{fake.target}" for fake in self.serving.values())

    def _resolve(self, target: str) -> tuple[str, ...]:
        if not self.resolves:
            raise OSError("scripted")
        return self.addresses

    def add(self, name: str, models: Mapping[int, FakeModel]) -> FakeServing:
        """Start another."""
        fake = self.serving[name] = FakeServing()
        fake.models = dict(models)
        fake.start()
        self._stack.callback(fake.stop)
        return fake

    def remove(self, name: str) -> None:
        """Stop one and forget its address."""
        self.serving.pop(name).stop()

    def candidate(self, version: int, weight: int = 0, shadow: int = 0, **kind: bool) -> None:
        """Have a candidate, or a version that leaves, and discovery probe."""
        self.rollout.candidate = Candidate(version, weight, shadow, **kind)
        self.look()

    def ask(self, version: object = None, client: str | None = None, query: str = "", content: Any = BEAT) -> Any:
        """Ask for a prediction."""
        given = {"X-Model-Version": version, "X-Client-ID": client}
        headers = {name: str(value) for name, value in given.items() if value is not None}
        return self.client.post(f"/predict{query}", json=content, headers=headers)

    def answering(self, times: int = 10, **options: Any) -> set[str]:
        """Versions that answer so many requests, all of them well."""
        answers = [self.ask(**options) for _ in range(times)]
        assert {answer.status_code for answer in answers} == {200}
        return {answer.headers["X-Model-Version"] for answer in answers}

    def total(self, name: str, **labels: str) -> float:
        """The content of /metrics."""
        return total(self.client.get("/metrics").text, name, **labels)
