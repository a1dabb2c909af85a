"""What becomes of workers that cannot start, end or are killed, with real processes and a clock of the test's."""

import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.supervisors.multiprocess import SIGNALS

from gateway.supervisor import BETWEEN_STARTS, Supervisor
from tests.unit.gateway.conftest import Clock

PATIENCE = 60.0  # seconds


async def application(*_: Any) -> None:
    """Never called."""


def started_if(path: Path) -> Any:
    """Start only where the file is."""
    if not path.exists():
        sys.exit(3)
    return application


@pytest.fixture
def needed(tmp_path: Path) -> Path:
    (tmp_path / "needed").touch()
    return tmp_path / "needed"


@pytest.fixture
def start(needed, clock: Clock) -> Iterator[Callable[[], Supervisor]]:
    """Start a worker under a supervisor, whose checks the test calls."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    begun: list[Supervisor] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def started() -> Supervisor:
            given: Any = {"factory": True, "lifespan": "off", "interface": "asgi3", "log_config": None}
            begun.append(Supervisor(Config(partial(started_if, needed), **given), [listening], clock))
            begun[0].init_processes()
            return begun[0]

        yield started
        for supervisor in begun:
            supervisor.terminate_all()
            supervisor.join_all()
    for number, handler in handlers.items():
        signal.signal(number, handler)


def ended(supervisor: Supervisor) -> Any:
    """The worker, which ends by itself."""
    (worker,) = supervisor.processes
    worker.process.join(PATIENCE)
    return worker


def killed(supervisor: Supervisor) -> Any:
    supervisor.processes[0].process.kill()
    return ended(supervisor)


def test_a_gateway_whose_worker_cannot_start_ends(start, needed):
    needed.unlink()
    supervisor = start()
    worker = ended(supervisor)
    supervisor.keep_subprocess_alive()
    assert supervisor.failed
    assert supervisor.should_exit.is_set()
    assert supervisor.processes == [worker]


def test_a_worker_that_is_killed_before_it_is_ready_is_replaced(start):
    supervisor = start()
    worker = killed(supervisor)
    supervisor.keep_subprocess_alive()
    assert not supervisor.failed
    assert supervisor.processes[0] is not worker
    assert supervisor.processes[0].wait_until_ready(PATIENCE)


def test_a_worker_that_served_between_two_checks_fails_no_start(start, needed, clock):
    supervisor = start()
    assert supervisor.processes[0].wait_until_ready(PATIENCE)
    needed.unlink()
    killed(supervisor)
    supervisor.keep_subprocess_alive()
    ended(supervisor)
    clock.now += BETWEEN_STARTS
    supervisor.keep_subprocess_alive()
    assert not supervisor.failed


def test_a_running_gateway_tries_again_once_a_second_until_a_worker_starts(start, needed, clock):
    supervisor = start()
    assert supervisor.processes[0].wait_until_ready(PATIENCE)
    supervisor.keep_subprocess_alive()
    needed.unlink()
    killed(supervisor)
    supervisor.keep_subprocess_alive()
    first = ended(supervisor)
    assert first.exitcode == 3
    supervisor.keep_subprocess_alive()
    assert supervisor.processes == [first]
    needed.touch()
    clock.now += BETWEEN_STARTS
    supervisor.keep_subprocess_alive()
    assert supervisor.processes != [first]
    assert supervisor.processes[0].wait_until_ready(PATIENCE)
    assert not supervisor.failed
    assert not supervisor.should_exit.is_set()
