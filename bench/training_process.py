"""Runs a training in a separate process, to measure its time and peak memory."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Ended:
    """The exit status, time, memory and log of a process."""

    status: int
    seconds: float
    cpu: float  # seconds
    peak: int  # maximum resident bytes
    log: Path

    @property
    def last_line(self) -> str:
        """The last line of its output."""
        return (self.log.read_text().strip().splitlines() or [""])[-1]

    def or_exit(self) -> "Ended":
        """Return self, or exit with a message if the process failed."""
        if self.status:
            sys.exit(f"bench: a training failed: {self.last_line}; see {self.log}")
        return self


def run(arguments: Sequence[object], log: Path, limit: int | None = None) -> Ended:
    """Run this Python with `arguments` and write its output to `log`; `limit` is its maximum bytes of data.

    The limit is RLIMIT_DATA: private writable memory, without mapped files such as libraries.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, *map(str, arguments)]
    if limit is not None:
        command = ["sh", "-c", f'ulimit -d {limit >> 10} && exec "$@"', "sh", *command]
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    return Ended(process.returncode, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss << 10, log)


def fresh(folder: Path) -> Path:
    """Remove a folder of an earlier run and return its path."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
