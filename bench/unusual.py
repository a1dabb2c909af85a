"""`python -m bench.unusual`: out-of-distribution detection on the public data sets, by kind of beats, three seeds."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from bench.accuracy import CASES, Case, first_of
from bench.unusual_kinds import UNSEEN, kinds
from training.dataset.shards import Rows
from training.dataset.splits import Splits, read_splits
from training.ood.score import fit_ood
from training.options import parse_options
from training.store.locked_folders import scratch

SEEDS = range(3)
MOST_BEATS = 1000  # per kind
RECORD = Path("mitdb/100")
USUAL = "test rows, which should be usual"
Scores = NDArray[np.float32]
Figures = dict[str, tuple[float, float]]  # by kind: area under the ROC curve, share flagged as unusual


def main() -> int:
    """Print a table per data set; return 1 without any data set."""
    parser = argparse.ArgumentParser(prog="python -m bench.unusual", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("data"), Path("../shared/data")])
    folders = parser.parse_args().folders
    record = next((folder / RECORD for folder in folders if (folder / RECORD.parent).is_dir()), RECORD)
    printed = [_measure_case(case, folders, record) for case in CASES]
    return 0 if any(printed) else 1


def _measure_case(case: Case, folders: list[Path], record: Path) -> bool:
    train, test = first_of(folders, case.train), first_of(folders, case.test)
    if train is None or (case.test and test is None):
        print(f"{case.name}: not found; download it with `python -m data download all`")
        return False
    _print(case.name, [_measure(train, test, record, seed) for seed in SEEDS])
    return True


def _measure(train: Path, test: Path | None, record: Path, seed: int) -> Figures:
    held_back = ["--test", str(test)] if test else []
    options = parse_options(["--data", str(train), *held_back, "--seed", str(seed)])
    with scratch() as folder:
        splits = read_splits(options, folder, salt=seed)
        fitted = fit_ood(splits.train, splits.validation, seed)
        score = tf.function(fitted.score, input_signature=[tf.TensorSpec([None, splits.train.width])])
        return _figures(score, splits, record, np.random.default_rng(seed))


def _figures(
    score: Callable[[NDArray[np.float32]], tf.Tensor], splits: Splits, record: Path, rng: np.random.Generator
) -> Figures:
    usual = np.concatenate([score(features) for features, _ in splits.test.blocks()])
    beats = _some(splits.test, rng)
    figures = {USUAL: (np.nan, float((usual > 1).mean()))}
    for kind, strange in kinds(beats, record, rng):
        scores = score(strange[:MOST_BEATS].astype(np.float32)).numpy()
        figures[kind] = (_area(usual, scores), float((scores > 1).mean()))
    return figures


def _some(rows: Rows, rng: np.random.Generator) -> NDArray[np.float64]:
    return rows.take(rng.permutation(len(rows))[:MOST_BEATS]).astype(np.float64)


def _area(usual: Scores, strange: Scores) -> float:
    truth = np.repeat([0, 1], [len(usual), len(strange)])
    return float(roc_auc_score(truth, np.concatenate([usual, strange])))


def _print(name: str, seeds: list[Figures]) -> None:
    print(f"\n{name:36}{'AUROC':>8}{'unusual':>10}   (seeds)")
    for kind in seeds[0]:
        areas, shares = zip(*(figures[kind] for figures in seeds), strict=True)
        area = "" if np.isnan(areas[0]) else f"{np.mean(areas):.3f}"
        each = ", ".join(f"{100 * share:.1f}" for share in shares)
        print(f"  {kind:34}{area:>8}{100 * np.mean(shares):>8.1f} %   ({each})", flush=True)
    print(f" {UNSEEN} not used when the method was chosen, unlike the other kinds")


if __name__ == "__main__":
    sys.exit(main())
