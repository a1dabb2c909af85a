"""Accuracy after training on few rows of ECG5000's two large classes, compared with scikit-learn's network."""

import tempfile
from contextlib import redirect_stdout
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.accuracy import first_of
from data.tables.reader import read_beats
from training.dataset.splits import read_splits
from training.network.fit import fit
from training.options import parse_options
from training.store.locked_folders import scratch

ROWS: Final = (23, 100)  # the training rows of the UCR archive's TwoLeadECG and ECG200
CLASSES: Final = (1, 2)
SEEDS: Final = range(3)

Table = tuple[NDArray[np.float32], NDArray[np.int64]]  # features (rows, n) and labels (rows,)


def compare_few_rows(folders: list[Path]) -> bool:
    """Print a line for each number of rows; return False if scikit-learn's network is better or there is no data."""
    train, test = (first_of(folders, names) for names in (("ECG5000_TRAIN.tsv",), ("ECG5000_TEST.tsv.gz",)))
    if train is None or test is None:
        print("ECG5000: not here; `python -m data download all` fetches it")
        return False
    print(f"\nECG5000, its first training rows of classes 1 and 2: accuracy on the test rows, {len(SEEDS)} seeds")
    verdicts = [_compare(first_rows(two_classes(train), rows), two_classes(test)) for rows in ROWS]
    return all(verdicts)


def two_classes(path: Path) -> Table:
    """Return the rows of a table whose class is in CLASSES."""
    beats = read_beats(path)
    kept = np.isin(beats.labels, CLASSES)
    return beats.features[kept], beats.labels[kept]


def first_rows(table: Table, rows: int) -> Table:
    """Return the first rows of each class in a table, in the classes' proportions."""
    features, labels = table
    places = [np.flatnonzero(labels == label) for label in CLASSES]
    first = round(rows * len(places[0]) / len(labels))
    chosen = np.concatenate([places[0][:first], places[1][: rows - first]])
    return features[chosen], labels[chosen]


def _compare(learned: Table, held_back: Table) -> bool:
    theirs = [_of_scikit_learn(learned, held_back, seed) for seed in SEEDS]
    with tempfile.TemporaryDirectory(prefix="ecg-bench-") as name:
        train, test = (Path(name) / "train.csv", Path(name) / "test.csv")
        for path, (features, labels) in ((train, learned), (test, held_back)):
            np.savetxt(path, np.column_stack([features, labels]), "%.8g", delimiter=",")
        ours = [_accuracy(train, test, seed) for seed in SEEDS]
    mine, others = (f"{np.mean(each):.4f}, at worst {min(each):.4f}" for each in (ours, theirs))
    verdict = "reached" if np.mean(ours) >= np.mean(theirs) else "MISSED"
    print(f"{len(learned[1]):>6} rows: {mine}; goal of scikit-learn's MLPClassifier {others} {verdict}", flush=True)
    return verdict == "reached"


def _of_scikit_learn(learned: Table, held_back: Table, seed: int) -> float:
    network = make_pipeline(StandardScaler(), MLPClassifier((128, 64), random_state=seed))
    return float(network.fit(*learned).score(*held_back))


def _accuracy(train: Path, test: Path, seed: int) -> float:
    options = parse_options(["--data", str(train), "--test", str(test), "--label", "last", "--seed", str(seed)])
    with tempfile.TemporaryFile("w") as epochs, redirect_stdout(epochs), scratch() as folder:
        splits = read_splits(options, folder)
        trained = fit(splits.train, splits.validation, len(splits.class_labels), options.recipe)
        return float(np.mean(trained.probabilities(splits.test).argmax(axis=1) == splits.test.columns()))
