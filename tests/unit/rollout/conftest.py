"""The tool, called in this process with a clock that only tests move, against a cluster that a test scripts."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rollout.commands import Commands
from rollout.errors import RolloutError
from rollout.options import parse_options
from rollout.workflow.clock import Clock
from tests.support.kubernetes.fake_cluster import FakeCluster, running, write_version


class Killed(BaseException):
    """What no handler of the tool expects."""


@dataclass
class Tool:
    """`python -m rollout` without the process; each reading of the clock is a point where it may be killed."""

    models: Path
    kubeconfig: Path
    said: list[str] = field(default_factory=list)
    kill_at: int | None = None
    kill_with: type[BaseException] = Killed
    looks: int = 0
    now: float = 0.0

    def __call__(self, *arguments: str) -> None:
        options = parse_options(["--models", str(self.models), "--timeout", "30", *arguments])
        clock = Clock(self._seconds, self._sleep, lambda: "2026-11-24T13:00:00+00:00")
        Commands(options, str(self.kubeconfig), clock, self.said.append).run()

    @contextmanager
    def killed_at(self, place: int) -> Iterator[None]:
        """Stop the run in this block when it has read the clock `place` more times."""
        self.kill_at = self.looks + place
        with suppress(Killed):
            yield
        self.kill_at = None

    def fails(self, *arguments: str) -> str:
        """Run and return the sentence that it fails with."""
        with pytest.raises(RolloutError) as caught:
            self(*arguments)
        return str(caught.value)

    def _seconds(self) -> float:
        self.looks += 1
        if self.looks == self.kill_at:
            raise self.kill_with(f"at {self.said[-1:]}")
        return self.now

    def _sleep(self, seconds: float) -> None:
        self._seconds()
        self.now += seconds


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with running() as cluster:
        yield cluster


@pytest.fixture
def tool(cluster, tmp_path) -> Tool:
    """The tool with three versions on the volume, each as good as the other."""
    models = tmp_path / "ecg"
    write_version(models, 1)
    write_version(models, 2, v1=0.9)
    write_version(models, 3, v1=0.9, v2=0.9)
    return Tool(models, cluster.kubeconfig(tmp_path))
