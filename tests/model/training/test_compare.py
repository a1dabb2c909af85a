"""The comparison of a new version with others on the same held-back beats."""

import gc
import json
import shutil
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tests.support.beats.made_beats import write_beats
from training.evaluation.comparison import compare
from training.evaluation.evaluation import Evaluation
from training.export.session import load_session
from training.options import parse_options
from training.pipeline import train

LABELS = [0] * 40 + [1] * 40
NONE = {"accuracy": [0.0, 0.0], "macro_f1": [0.0, 0.0]}  # the interval where both answer alike


def run(data: Path, models: Path, *arguments: str) -> Any:
    options = ["--data", str(data), "--models", str(models), "--epochs", "10", *arguments]
    version = train(parse_options(options))
    assert version
    return json.loads((version / "assets.extra" / "metrics.json").read_text())


def without_area(scores: dict[str, float]) -> dict[str, float]:
    """Return a class's scores that need no probabilities."""
    return {name: score for name, score in scores.items() if name != "roc_auc"}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    run(write_beats(folder / "beats.csv", LABELS), folder / "ecg")
    return folder / "ecg" / "1"


@pytest.fixture
def base(version: Path, tmp_path: Path) -> Path:
    """A model base path with the version as number 1."""
    shutil.copytree(version, tmp_path / "ecg" / "1")
    return tmp_path / "ecg"


def test_an_earlier_version_is_judged_by_the_rows_of_the_new_one(base, tmp_path, capsys):
    data = write_beats(tmp_path / "beats.csv", LABELS)
    former = json.loads((base / "1" / "assets.extra" / "metrics.json").read_text())
    description = run(data, base, "--seed", "7")
    assert former["compared"] == {}
    same = {name: former["metrics"][name] for name in ("accuracy", "macro_f1")}
    classes = {label: without_area(scores) for label, scores in former["metrics"]["classes"].items()}
    assert description["compared"] == {"1": {**same, "difference": NONE, "classes": classes}}
    assert "  version 1: accuracy 1.0000, macro-F1 1.0000\n" in capsys.readouterr().out
    assert "Other versions on the same beats" in (base / "2" / "assets.extra" / "report.html").read_text()


def test_versions_that_cannot_be_judged_get_a_reason_and_cost_nothing(base, tmp_path, capsys):
    (base / "2").mkdir()
    shutil.copytree(base / "1", base / "3")
    (base / "3" / "saved_model.pb").write_bytes(b"no model")
    shutil.copytree(base / "1", base / "4")
    shutil.rmtree(base / "4" / "variables")
    description = run(write_beats(tmp_path / "beats.csv", [0] * 20 + [5] * 20), base)["compared"]
    assert description["1"] == {"reason": "has the classes 0, 1, these rows have 0, 5"}
    for broken in ("2", "3", "4"):
        assert description[broken]["reason"].startswith("does not load: ")
        assert "\n" not in description[broken]["reason"]
    assert "  version 1: has the classes" in capsys.readouterr().out


def test_a_version_for_beats_of_another_length_says_so(base, tmp_path):
    description = run(write_beats(tmp_path / "beats.csv", LABELS, length=20), base)
    assert description["compared"] == {"1": {"reason": "has 12 features, these rows have 20"}}


def test_classes_are_compared_by_name(tmp_path):
    data, base = write_beats(tmp_path / "beats.csv", ["N", "V"] * 40), tmp_path / "ecg"
    former = run(data, base, "--label", "last")["metrics"]
    description = run(data, base, "--label", "last", "--classes", "V,N")["compared"]["1"]
    assert former["accuracy"] == description["accuracy"] > 0.9
    description = run(write_beats(tmp_path / "other.csv", ["N", "S"] * 20), base, "--label", "last", "--epochs", "1")
    assert description["compared"]["1"] == {"reason": "has the classes N, V, these rows have N, S"}


def test_predictions_in_blocks_are_joined_in_order(base, make_rows):
    wave = np.sin(np.arange(12) * np.array([[1], [1.5]])).astype(np.float32)
    truth = np.random.default_rng(0).integers(0, 2, 3000)
    evaluation = Evaluation(np.array([0, 1]), truth, np.eye(2, dtype=np.float32)[truth])
    classes = {label: without_area(scores) for label, scores in evaluation.metrics()["classes"].items()}
    assert compare(base, evaluation, make_rows(wave[truth], truth, shard_rows=700)) == {
        "1": {"accuracy": 1.0, "macro_f1": 1.0, "difference": NONE, "classes": classes}
    }


def test_a_judged_version_leaves_no_graph_behind(version):
    with load_session(version):
        graph = weakref.ref(tf.compat.v1.get_default_graph())
    gc.collect()
    assert graph() is None
