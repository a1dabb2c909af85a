"""Small files of synthetic labelled beats."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write_beats(path: Path, labels: Sequence[Any], length: int = 12, noise_seed: int = 0) -> Path:
    """A beat for each of `labels`, whose shape depends on its class, with noise; the label is the last column."""
    rng = np.random.default_rng(noise_seed)
    waves = {label: np.sin(np.arange(length) * (1 + place / 2)) for place, label in enumerate(sorted(set(labels)))}
    rows = [[*(f"{value:.6g}" for value in waves[label] + rng.normal(0, 0.1, length)), str(label)] for label in labels]
    path.write_text("\n".join(",".join(row) for row in rows))
    return path
