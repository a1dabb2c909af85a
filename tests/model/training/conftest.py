"""Rows on disk from arrays."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from training.shards import Rows, deal_out, pile_up


@pytest.fixture
def make_rows(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Rows]:
    """Lay features (rows, n) and class columns (rows,) down in shards, in their order."""

    def made(features: NDArray[np.float32], columns: NDArray[np.int64], shard_rows: int = 1 << 20) -> Rows:
        folder: Path = tmp_path_factory.mktemp("rows")
        pile = pile_up([(features, columns)], folder / "beats", features.shape[1])
        shard_bytes = shard_rows * (features.shape[1] + 1) * 4
        (rows,) = deal_out(pile, [np.arange(len(columns))], np.arange(columns.max() + 1), folder, shard_bytes)
        return rows

    return made
