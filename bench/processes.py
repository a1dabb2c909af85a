"""Starts a contender's processes and measures their CPU time and memory."""

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil

GRACE_SECONDS = 10
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Command:
    """A command, run in the project's root, with additional environment variables."""

    arguments: Sequence[str]
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: `total` of all processes, shared memory counted once; `worker` of the last command's largest process."""

    total: int
    worker: int


class Processes:
    """The process trees of a contender's commands, which end with the `with` block."""

    def __init__(self, commands: Sequence[Command], log: Path, cores: frozenset[int]) -> None:
        self._commands = commands
        self.log = log
        self._cores = cores
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        log = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            self._started = [self._start(command, log) for command in self._commands]
        finally:
            os.close(log)
        return self

    def _start(self, command: Command, log: int) -> subprocess.Popen[bytes]:
        cores = ",".join(map(str, sorted(self._cores)))
        return subprocess.Popen(
            ["taskset", "--cpu-list", cores, *command.arguments],
            cwd=ROOT,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2"} | command.settings,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # Only the bench gets the terminal's Ctrl-C. Not a new session: the kernel gives each session a share of the
            # CPU, so a contender with two commands would get two shares.
            process_group=0,
        )

    def ended(self) -> bool:
        """Return whether one of them has ended by itself."""
        return any(process.poll() is not None for process in self._started)

    def all(self) -> list[psutil.Process]:
        """Return all processes of the trees."""
        return [process for started in self._started for process in _tree(started.pid)]

    def pause(self) -> None:
        """Suspend all processes."""
        for process in self.all():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def go_on(self) -> None:
        """Resume all processes, children before parents, so that no parent waits for its children."""
        for process in reversed(self.all()):
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def cpu_seconds(self) -> dict[int, float]:
        """Return the CPU seconds of each process."""
        return cpu_seconds(self.all())

    def memory(self) -> Memory:
        """Return the current memory."""
        uses = [_use(process) for process in self.all()]
        shared = max((resident - own for resident, own in uses), default=0)
        workers = [_use(process)[0] for process in _tree(self._started[-1].pid)]
        return Memory(sum(own for _, own in uses) + shared, max(workers, default=0))

    def __exit__(self, *_: object) -> None:
        self.go_on()
        everything = self.all()
        for process in self._started:
            process.terminate()
        for left in psutil.wait_procs(everything, GRACE_SECONDS)[1]:
            with suppress(psutil.NoSuchProcess):
                left.kill()
        for process in self._started:
            process.wait()


def cpu_seconds(processes: Sequence[psutil.Process]) -> dict[int, float]:
    """CPU time that each process has used."""
    seconds = {}
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            seconds[process.pid] = times.user + times.system
    return seconds


def _tree(number: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(number)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _use(process: psutil.Process) -> tuple[int, int]:
    """Return resident and unshared bytes of a process; 0 if it has ended."""
    try:
        memory = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0, 0
    return int(memory.rss), int(memory.uss)
