"""Prepares models and the rivals' virtual environments before a measurement; they are kept for later runs."""

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.contenders import PYTHON, Place
from bench.contracts import recorded
from bench.processes import ROOT
from training.store.versions import newest

# Megabytes of the virtual environments; TensorFlow is most of it.
SIZES = {"bentoml": 1600, "mlserver": 1700, "ray": 1900, "fastapi": 90}


class NotPrepared(Exception):
    """A model or an environment could not be made; the message names the log."""


def place(models: Path | None, out: Path, zeros: bool) -> Place:
    """Find or train the model and, with `zeros`, write the model of zeros. Raises NotPrepared."""
    base = (models or _trained(out)).resolve()
    version = newest(base)
    if version is None:
        raise NotPrepared(f"--models {base}: no version exists")
    empty = out.resolve() / "zeros" / base.name
    if zeros and not empty.exists():
        width = len(recorded(version, 1)[0].features)
        _run(out / "zeros.log", [PYTHON, "-m", "bench.zeros", str(empty / "1"), str(width)], "the model of zeros")
    return Place(base, empty, version, out.resolve())


def _trained(out: Path) -> Path:
    base, data = out / "models" / "ecg", out / "beats.csv"
    if newest(base) is None:
        print("Training on synthetic beats", flush=True)
        generate = ["data", "generate", "--beats", "1000", "--out", str(data)]
        train = ["training", "--data", str(data), "--models", str(base), "--epochs", "5"]
        for arguments in (generate, train):
            _run(out / f"{arguments[0]}.log", [PYTHON, "-m", *arguments], f"`python -m {arguments[0]}`")
    return base


def environment(rival: str, out: Path) -> None:
    """Install a rival's locked packages into its virtual environment, unless they are installed. Raises NotPrepared."""
    lock, folder = ROOT / "bench" / "rivals" / rival / "requirements.txt", out / rival
    stamp = folder / "installed"
    wanted = f"{sys.version}\n{hashlib.sha256(lock.read_bytes()).hexdigest()}\n"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Installing {rival} into {folder}, {SIZES[rival]} MB: this takes minutes the first time", flush=True)
    log = out / f"{rival}-install.log"
    _run(log, [PYTHON, "-m", "venv", "--clear", str(folder)], f"the virtual environment of {rival}")
    install = ["install", "--require-hashes", "--no-deps", "--disable-pip-version-check", "-r", str(lock)]
    _run(log, [str(folder / "bin" / "pip"), *install], f"the packages of {rival}")
    stamp.write_text(wanted)


def pinned(rival: str, packages: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of packages in the rival's lock file, for this Python."""
    lines = (ROOT / "bench" / "rivals" / rival / "requirements.txt").read_text().splitlines()
    pins = dict(line.split(" ")[0].split("==") for line in reversed(lines) if "==" in line and line[0].isalpha())
    return {name: pins[name] for name in packages if name in pins}


def _run(log: Path, command: list[str], what: str) -> None:
    with log.open("w") as lines:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=lines, stderr=lines)
    if done.returncode:
        raise NotPrepared(f"{what} failed; see {log}")
