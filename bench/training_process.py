"""One training in a process of its own, so that its time and peak memory are its own."""

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
    """What a process took and left."""

    status: int
    seconds: float
    cpu: float  # seconds
    peak: int  # bytes that were resident at most
    log: Path

    @property
    def last_line(self) -> str:
        """Of what it printed."""
        return (self.log.read_text().strip().splitlines() or [""])[-1]

    def or_exit(self) -> "Ended":
        """Itself, if all went well."""
        if self.status:
            sys.exit(f"bench: a training failed: {self.last_line}; see {self.log}")
        return self


def run(arguments: Sequence[object], log: Path, limit: int | None = None) -> Ended:
    """Run this Python with `arguments`, its output in `log`; it may allocate `limit` bytes of data, if that is given.

    The limit is RLIMIT_DATA: private memory that can be written to, not files that are mapped, such as libraries.
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
    """The path of a folder that is not there, though an earlier run may have left one."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
