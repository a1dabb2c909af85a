"""All signatures of versions that are loaded in a session, as by a model server."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from training.errors import PublishError
from training.export.saved_model import export, verify
from training.export.session import load_session
from training.export.signatures import Servable
from training.network.build import build
from training.network.inference import apply_temperature, logits, probabilities
from training.ood.score import fit_ood

VERSIONS = ["two_classes", "three_classes"]
WAVES = np.sin(np.arange(12) * np.array([[1], [1.5], [2]]))
BEATS = (WAVES.repeat(20, axis=0) + np.random.default_rng(1).normal(0, 0.4, (60, 12))).astype(np.float32)


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


def answers(version: Path, signature: str, beats: NDArray[np.float32] = BEATS) -> dict[str, NDArray[Any]]:
    with load_session(version) as model:
        return model.answers(signature, beats)


def description_of(version: Path) -> Any:
    with load_session(version) as model:
        return json.loads(bytes(model.metadata("description")))


def baseline(version: Path) -> NDArray[np.float32]:
    return np.array(description_of(version)["baseline"], np.float32)


def log_odds(version: Path, beats: NDArray[np.float32], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    chances = answers(version, "serving_default", beats)["probabilities"].astype(np.float64)
    chosen = np.take_along_axis(chances, columns[:, None], axis=1)[:, 0]
    odds: NDArray[np.float64] = np.log(chosen) - np.log(chances.sum(axis=1) - chosen)
    return odds


def test_details_add_the_unusual_score_to_serving_default(version):
    plain, details = answers(version, "serving_default"), answers(version, "details")
    assert details.keys() == {*plain, "unusual_score"}
    for name, answer in plain.items():
        assert details[name].dtype == answer.dtype
        assert np.allclose(details[name], answer, atol=1e-6)
    assert (details["unusual_score"].dtype.name, details["unusual_score"].shape) == ("float32", (60,))
    odd = answers(version, "details", 10 * BEATS)["unusual_score"]
    assert (odd > 1).all()
    assert (odd > details["unusual_score"]).all()


def test_explanations_have_the_promised_types_and_the_answers_of_serving_default(version):
    plain, explained = answers(version, "serving_default"), answers(version, "explain")
    assert {name: (answer.dtype.name, answer.shape) for name, answer in explained.items()} == {
        "predicted_class": ("int64", (60,)),
        "probability": ("float32", (60,)),
        "attributions": ("float32", (60, 12)),
        "score": ("float32", (60,)),
        "baseline_score": ("float32", (60,)),
    }
    assert (explained["predicted_class"] == plain["predicted_class"]).all()
    assert np.allclose(explained["probability"], plain["probability"], atol=1e-6)


def test_the_score_is_the_log_odds_of_the_predicted_class(version):
    explained = answers(version, "explain")
    columns = answers(version, "serving_default")["probabilities"].argmax(axis=1)
    assert np.allclose(explained["score"], log_odds(version, BEATS, columns), atol=1e-2)
    means = np.tile(baseline(version), (60, 1))
    assert np.allclose(explained["baseline_score"], log_odds(version, means, columns), atol=1e-2)


def test_attributions_add_up_to_the_difference_of_scores(version):
    explained = answers(version, "explain")
    difference = explained["score"] - explained["baseline_score"]
    assert np.abs(difference).max() > 1
    assert explained["attributions"].sum(axis=1) == pytest.approx(difference, rel=2e-3, abs=2e-3)


def test_only_values_that_differ_from_the_baseline_get_something(version):
    beats = np.tile(baseline(version), (12, 1)) + 2 * np.eye(12, dtype=np.float32)
    explained = answers(version, "explain", beats)["attributions"]
    assert (explained[~np.eye(12, dtype=bool)] == 0).all()
    assert (np.diag(explained) != 0).all()


def test_the_baseline_itself_needs_no_explanation(version):
    explained = answers(version, "explain", baseline(version)[None])
    assert (explained["attributions"] == 0).all()
    assert explained["score"] == pytest.approx(explained["baseline_score"])


def test_the_baseline_is_the_mean_of_the_training_beats(version):
    assert np.allclose(
        baseline(version), WAVES[: len(description_of(version)["metrics"]["class_labels"])].mean(axis=0), atol=0.5
    )


def test_a_beat_is_explained_alone_as_among_others_and_nothing_as_nothing(version):
    together = answers(version, "explain")["attributions"]
    assert np.allclose(answers(version, "explain", BEATS[7:8])["attributions"], together[7:8], atol=1e-5)
    for signature in ("details", "explain"):
        assert {len(answer) for answer in answers(version, signature, BEATS[:0]).values()} == {0}


def test_the_description_holds_the_reference_for_drift(version):
    description = description_of(version)
    assert description["examples"] == json.loads((version / "assets.extra" / "beats.json").read_text())
    assert {name: len(edges) for name, edges in description["reference"]["statistics"].items()} == {
        "mean": 9,
        "standard_deviation": 9,
        "range": 9,
        "probability": 9,
    }
    labels = description["metrics"]["class_labels"]
    assert list(description["reference"]["classes"]) == [str(label) for label in labels]
    assert sum(description["reference"]["classes"].values()) == pytest.approx(1)


def test_metrics_tell_calibration_and_unusual_beats_in_both_places(version):
    recorded = json.loads((version / "assets.extra" / "metrics.json").read_text())["metrics"]
    assert recorded == description_of(version)["metrics"]
    assert recorded["calibration"].keys() == {"temperature", "error_before", "error_after", "bins"}
    assert {"threshold", "share_of_validation", "share_of_test"} <= recorded["unusual"].keys()
    assert 0 <= recorded["unusual"]["share_of_test"] <= 1


@pytest.mark.parametrize("classes", [2, 4])
def test_a_cooler_network_is_less_sure_of_the_same_classes(classes, make_rows):
    network = build(make_rows(BEATS, np.arange(60) % classes), classes)
    before, hot = logits(network, BEATS).numpy(), probabilities(network, BEATS).numpy()
    assert np.allclose(tf.nn.softmax(before), hot, atol=1e-6)
    apply_temperature(network, 2.5)
    after, cold = logits(network, BEATS).numpy(), probabilities(network, BEATS).numpy()
    assert np.allclose(after, before / 2.5, atol=1e-6)
    assert np.allclose(tf.nn.softmax(after), cold, atol=1e-6)
    assert (cold.argmax(axis=1) == hot.argmax(axis=1)).all()
    assert (cold.max(axis=1) < hot.max(axis=1)).all()


class Boasting(Servable):
    """A model whose attributions are doubled."""

    def explanations(self, features: tf.Tensor) -> dict[str, tf.Tensor]:
        """Double each value."""
        answer = super().explanations(features)
        return {**answer, "attributions": 2 * answer["attributions"]}


def test_the_written_model_is_checked_before_publishing(make_rows, tmp_path):
    rows, other_rows = (make_rows(beats, np.arange(60) % 3) for beats in (BEATS, BEATS + 1))
    network, odd, other = build(rows, 3), fit_ood(rows, other_rows, seed=0), fit_ood(rows, rows, seed=0)
    apply_temperature(network, 0.1)
    expected = probabilities(network, BEATS).numpy()
    for kind in (Servable, Boasting):
        servable = kind(network, odd, BEATS[0], np.array([1, 2, 3]), tuple(map(str, range(12))), "{}")
        export(servable, tmp_path / kind.__name__)
    verify(tmp_path / "Servable", BEATS, expected, odd)
    with pytest.raises(PublishError, match="out-of-distribution score differs by"):
        verify(tmp_path / "Servable", BEATS, expected, other)
    with pytest.raises(PublishError, match="attributions do not add up"):
        verify(tmp_path / "Boasting", BEATS, expected, odd)
