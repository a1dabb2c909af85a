"""Starts a contender's processes, and tells what they use of the machine."""

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
    """What to run, from the project's root, and what to add to the environment."""

    arguments: Sequence[str]
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: all processes, what they share among them counted once; and the largest process of the last command."""

    total: int
    worker: int


class Processes:
    """The running commands of a contender with all that they started; ended at the end of the block."""

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
            # the terminal's Ctrl-C is for the bench. No session of its own: each gets its share of a busy machine from
            # the kernel, and a contender of two commands would get two
            process_group=0,
        )

    def ended(self) -> bool:
        """Whether one of them has ended by itself."""
        return any(process.poll() is not None for process in self._started)

    def all(self) -> list[psutil.Process]:
        """Every process of the trees."""
        return [process for started in self._started for process in _tree(started.pid)]

    def pause(self) -> None:
        """Let none of them run until they go on."""
        for process in self.all():
            with suppress(psutil.NoSuchProcess):
                process.suspend()

    def go_on(self) -> None:
        """Let them run again, who was started last first, so that nobody finds its children late."""
        for process in reversed(self.all()):
            with suppress(psutil.NoSuchProcess):
                process.resume()

    def cpu_seconds(self) -> dict[int, float]:
        """CPU time that each process has used."""
        return cpu_seconds(self.all())

    def memory(self) -> Memory:
        """Memory in use now."""
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
    """Bytes that are resident, and how many of them no other process shares; nothing of one that has ended."""
    try:
        memory = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0, 0
    return int(memory.rss), int(memory.uss)
