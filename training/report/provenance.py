"""The provenance of a training: command, checksums of the files, libraries and machine."""

import hashlib
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from data.tables.reader import BeatFiles

LIBRARIES = ("tensorflow", "keras", "numpy", "scikit-learn")
CPU_INFO = Path("/proc/cpuinfo")


def provenance(command: str, beats: BeatFiles, test_files: BeatFiles | None) -> dict[str, Any]:
    """Return command, checksums of the files of `beats` and of the test set `test_files`, libraries and machine.

    It goes into the report and metrics.json, but not into the model, whose description every client can read.
    """
    files = {"data": beats, "test": test_files}
    return {
        "command": command,
        "files": {name: _sum(file) for name, file in files.items() if file},
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0)),
            "gpus": [device.name for device in tf.config.list_physical_devices("GPU")],
            "system": f"{platform.system()} {platform.machine()}",
        },
    }


def network_shape(model: keras.Model) -> list[dict[str, Any]]:
    """Return the layers in order: name, kind, number of output values, activation and number of parameters."""
    return [
        {
            "name": layer.name,
            "kind": type(layer).__name__,
            "values": int(layer.output.shape[-1]),
            "activation": getattr(getattr(layer, "activation", None), "__name__", None),
            "parameters": sum(int(tf.size(weights)) for weights in layer.trainable_weights),
        }
        for layer in model.layers
    ]


def checksum(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of one file, or for several files that of the lines that `sha256sum` prints, by name.

    Raises OSError if a file cannot be read.
    """
    sums = [(path.name, _digest(path)) for path in sorted(paths)]
    if len(sums) == 1:
        return sums[0][1]
    lines = "".join(f"{digest}  {name}\n" for name, digest in sums)
    return hashlib.sha256(lines.encode()).hexdigest()


def _sum(beats: BeatFiles) -> dict[str, Any]:
    paths = [layout.path for layout in beats.layouts]
    try:
        sha256 = checksum(paths)
    except OSError:  # removed since it was read; the training continues
        sha256 = None
    return {"source": beats.source, "count": len(paths), "sha256": sha256}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(library: str) -> str:
    return (
        str(tf.__version__) if library == "tensorflow" else version(library)
    )  # the package is tensorflow-cpu on most machines


def _processor() -> str:
    lines = CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines() if CPU_INFO.is_file() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()
