"""Facts on which the figures depend: machine, versions, commit."""

import os
import platform
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from bench.contenders import RIVALS
from bench.prepare import pinned
from bench.processes import ROOT

PACKAGES = (
    "flask",
    "grpcio",
    "gunicorn",
    "httptools",
    "keras",
    "numpy",
    "orjson",
    "protobuf",
    "tensorflow-cpu",
    "uvicorn",
    "uvloop",
)
OF_RIVALS = ("bentoml", "mlserver", "ray", "fastapi", "uvicorn", "uvloop", "grpcio", "pydantic", "tensorflow-cpu")


def facts(servers: frozenset[int], generator: frozenset[int], tensorflow_serving: Path | None = None) -> dict[str, Any]:
    """Return machine and versions, ready for JSON; `tensorflow_serving` is the measured binary or None."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _commit(),
        "cpu": _cpu(),
        "cores": {"of the machine": os.cpu_count(), "servers": sorted(servers), "generator": sorted(generator)},
        "memory_bytes": psutil.virtual_memory().total,
        "load_before": os.getloadavg(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "tensorflow_serving": _version_of(tensorflow_serving) if tensorflow_serving else None,
        "rivals": {each.rival: pinned(each.rival, OF_RIVALS) for each in RIVALS},
    }


def cores() -> tuple[frozenset[int], frozenset[int]]:
    """Return two cores for the servers, and others for the load generator, or the same two."""
    allowed = sorted(os.sched_getaffinity(0))
    return frozenset(allowed[:2]), frozenset(allowed[2:] or allowed[:2])


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _version_of(program: Path) -> str:
    """Return the program's output for --version, or ""."""
    try:
        done = subprocess.run([program, "--version"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


def _commit() -> str:
    """Return the commit, with a + if there are changes, or "" outside a repository."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def _cpu() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()
