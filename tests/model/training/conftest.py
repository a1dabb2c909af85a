"""Fixtures: rows on disk from arrays, and quickly trained versions."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.beats.made_beats import write_beats
from training.dataset.shards import Rows, spool, write_shards
from training.options import parse_options
from training.pipeline import train


@pytest.fixture(scope="session")
def make_rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Rows]:
    """Write features (rows, n) and class columns (rows,) to shards, in order."""

    def made(
        features: NDArray[np.float32], columns: NDArray[np.int64], shard_rows: int = 1 << 20, trace: int = 0
    ) -> Rows:
        folder: Path = tmp_path_factory.mktemp("rows")
        spooled = spool([(features, columns)], folder / "beats", features.shape[1], trace=trace)
        shard_bytes = shard_rows * (features.shape[1] + 1) * 4
        (rows,) = write_shards(spooled, [np.arange(len(columns))], np.arange(columns.max() + 1), folder, shard_bytes)
        return rows

    return made


@pytest.fixture(scope="session")
def two_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a version for beats of the classes -1 and 1."""
    return _trained([-1] * 60 + [1] * 60, tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="session")
def three_classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a version for beats of the classes 1, 2 and 7."""
    return _trained([1] * 60 + [2] * 40 + [7] * 20, tmp_path_factory.mktemp("three"))


def _trained(labels: list[int], folder: Path) -> Path:
    data = write_beats(folder / "beats.csv", labels)
    version = train(parse_options(["--data", str(data), "--models", str(folder / "ecg"), "--epochs", "15"]))
    assert version
    return version
