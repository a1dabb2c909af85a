"""The effect of a split by group on the figures, and cross-validation by group."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.dataset.splits import read_splits
from training.distributed.workers import Workers
from training.errors import TrainingError
from training.options import parse_options
from training.outcome import fit_and_evaluate
from training.pipeline import train

PEOPLE = 30


def trained(data: Path, models: Path, *arguments: str) -> Path:
    version = train(parse_options(["--data", str(data), "--models", str(models), *arguments]))
    assert version
    return version


def metrics(version: Path) -> Any:
    description: Any = json.loads((version / "assets.extra" / "metrics.json").read_text())
    return description


@pytest.fixture(scope="module")
def who_is_who(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Beats that identify only their person, with random labels by person: others cannot be predicted."""
    rng = np.random.default_rng(3)
    people: NDArray[np.int64] = np.repeat(np.arange(PEOPLE), 20)
    beats = rng.normal(size=(PEOPLE, 16))[people] + rng.normal(0, 0.02, (len(people), 16))
    labels = rng.permutation(np.arange(PEOPLE) % 2)[people]
    names = ",".join(["patient", *(f"F{number}" for number in range(1, 17)), "label"])
    rows = [
        ",".join([f"Jane Q{person}", *(f"{value:.4f}" for value in beat), str(label)])
        for person, beat, label in zip(people, beats, labels, strict=True)
    ]
    path: Path = tmp_path_factory.mktemp("people") / "beats.csv"
    path.write_text("\n".join([names, *rows]))
    return path


def test_beats_of_one_person_on_both_sides_would_score_full_marks_and_by_group_do_not(who_is_who, tmp_path, capsys):
    (tmp_path / "mixed").mkdir()
    options = parse_options(["--data", str(who_is_who), "--drop", "patient", "--epochs", "25"])
    mixed = fit_and_evaluate(read_splits(options, tmp_path / "mixed"), options.recipe).evaluation
    apart = trained(who_is_who, tmp_path / "apart", "--epochs", "25", "--cross-validate", "2")
    found = metrics(apart)
    assert mixed.scores()["accuracy"] == 1.0
    assert found["metrics"]["accuracy"] < 0.9
    low, high = found["metrics"]["intervals"]["accuracy"]
    assert (found["metrics"]["intervals"]["over"], high - low > 0.3) == ("groups", True)
    assert sum(found["data"]["groups"].values()) == PEOPLE
    _is_cross_validated(found["cross_validation"], capsys.readouterr().out)
    assert (
        "2 trainings, each evaluated on people that it was not trained on"
        in (apart / "assets.extra" / "report.html").read_text()
    )
    texts = [path.read_bytes() for path in apart.rglob("*") if path.is_file()]
    assert not [text for text in texts if b"Jane Q" in text]


def _is_cross_validated(found: Any, out: str) -> None:
    assert (found["folds"], found["by"]) == (2, "groups")
    assert sum(fold["groups"] for fold in found["per_fold"]) == PEOPLE
    assert found["accuracy"]["mean"] < 0.9
    assert "Cross-validation in 2 folds by people: mean, standard deviation, lowest and highest\n  accuracy: " in out


def test_several_workers_do_not_cross_validate(tmp_path):
    options = parse_options(["--models", str(tmp_path), "--cross-validate", "3"])
    with pytest.raises(TrainingError, match=r"--cross-validate .* leave it out, or cross-validate with one worker"):
        train(options, Workers(("a:1", "b:1"), 0))
