"""The out-of-distribution score on simulated beats, and with few rows."""

from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray

from data.sources.generate import Recipe, make_beats
from training.dataset.shards import Rows
from training.ood.score import FARTHEST, MOST_BEATS, MOST_VALUES, OodScore, fit_ood

Beats = NDArray[np.float32]


@pytest.fixture(scope="module")
def simulated() -> tuple[Beats, NDArray[np.int64]]:
    return make_beats(Recipe(beats=900))


@pytest.fixture(scope="module")
def fitted(simulated: tuple[Beats, NDArray[np.int64]], make_rows: Callable[..., Rows]) -> OodScore:
    beats, labels = simulated
    return fit_ood(make_rows(beats[:500], labels[:500]), make_rows(beats[500:600], labels[500:600]), seed=0)


@pytest.fixture
def held_back(simulated: tuple[Beats, NDArray[np.int64]]) -> Beats:
    return simulated[0][600:]


def share(fitted: OodScore, beats: NDArray[np.floating]) -> float:
    return float(np.mean(fitted.score(beats.astype(np.float32)) > 1))


def test_few_beats_like_the_training_beats_are_unusual(fitted, held_back):
    assert share(fitted, held_back) < 0.04  # 1 % is aimed at, from 350 beats


@pytest.mark.parametrize(
    "strange",
    [
        lambda beats, noise: -beats,
        lambda beats, noise: noise,
        lambda beats, noise: beats + noise,
        lambda beats, noise: 0 * beats,
        lambda beats, noise: 0 * beats + 3 * noise[:, :1],
        lambda beats, noise: 0.001 * noise,
        lambda beats, noise: 2 * beats,
        lambda beats, noise: 0.5 * beats,
        lambda beats, noise: beats + 1,
        lambda beats, noise: np.roll(beats, 70, axis=1),
    ],
    ids=["inverted", "noise", "noisy", "zeros", "flat", "nearly flat", "twice", "half", "raised", "shifted"],
)
def test_strange_beats_are_unusual(strange, fitted, held_back):
    noise = np.random.default_rng(0).normal(size=held_back.shape)
    assert share(fitted, strange(held_back, noise)) > 0.9


def test_a_beat_scores_the_same_alone_and_among_others(fitted, held_back):
    together = fitted.score(held_back[:40]).numpy()
    assert together.dtype == np.float32
    assert np.concatenate([fitted.score(beat[None]) for beat in held_back[:40]]) == pytest.approx(together, rel=1e-3)


def test_training_beats_score_nothing(fitted, simulated):
    assert fitted.score(simulated[0][:500]).numpy() == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_a_beat_of_nan_has_a_finite_score(fitted, held_back, value):
    beats = held_back[:2].copy()
    beats[0, 3] = value
    scores = fitted.score(beats).numpy()
    assert 1 < scores[0] <= FARTHEST
    assert scores[1] < scores[0]


def test_the_same_seed_gives_the_same_scores(simulated, make_rows):
    beats, labels = simulated
    rows, validation = make_rows(beats[:300], labels[:300]), make_rows(beats[300:400], labels[300:400])
    first, second = (fit_ood(rows, validation, seed=5) for _ in range(2))
    assert (first.score(beats[400:]).numpy() == second.score(beats[400:]).numpy()).all()


def test_the_description_of_the_score(fitted):
    description = fitted.describe()
    assert description["threshold"] == pytest.approx(fitted.threshold.numpy())
    assert description["share_of_validation"] == 0.01
    assert (description["training_rows"], description["judged_rows"]) == (500, 100 + 250)


def test_many_rows_and_long_beats_keep_few_beats(make_rows):
    rng = np.random.default_rng(0)
    for rows, width, most in ((5000, 10, MOST_BEATS), (600, 2000, MOST_VALUES // 2000)):
        part = make_rows(rng.normal(size=(rows, width)).astype(np.float32), np.arange(rows) % 2, shard_rows=500)
        assert fit_ood(part, part, seed=0).beats.shape == (most, width + 3)


def test_a_rare_class_is_known(make_rows):
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(12) * np.array([[1.0], [1.5]]))
    columns = (np.arange(6000) % 1000 == 0).astype(np.int64)  # 6 of 6000, of which a third is kept
    beats = (wave[columns] + rng.normal(0, 0.1, (6000, 12))).astype(np.float32)
    fitted = fit_ood(make_rows(beats, columns), make_rows(beats[:1500], columns[:1500]), seed=0)
    assert fitted.score(beats[columns == 1]).numpy() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("width", "train", "validation"), [(1, 2, 2), (1, 200, 40), (2, 3, 2), (12, 2, 2), (12, 40, 1)]
)
def test_little_to_go_by_is_enough(width, train, validation, make_rows):
    beats = np.random.default_rng(0).normal(size=(train + validation, width)).astype(np.float32)
    columns = np.arange(len(beats)) % 2
    rows = make_rows(beats[:train], columns[:train]), make_rows(beats[train:], columns[train:])
    fitted = fit_ood(*rows, seed=0)
    assert share(fitted, beats) < 0.2
    assert share(fitted, 1000 + beats) == 1


@pytest.mark.parametrize(
    "beats", [np.zeros((20, 5)), np.full((20, 5), 7.0), np.repeat([[1.0, 2, 3, 2, 1]], 20, axis=0)]
)
def test_where_all_beats_are_equal_any_other_is_unusual(beats, make_rows):
    rows = make_rows(beats.astype(np.float32), np.arange(20) % 2)
    fitted = fit_ood(rows, rows, seed=0)
    assert share(fitted, beats) == 0
    assert share(fitted, beats + np.eye(5)[0]) == 1


def test_another_value_in_a_constant_column_is_unusual(make_rows):
    beats = np.random.default_rng(0).normal(size=(400, 12)).astype(np.float32)
    beats[:, 4] = 5
    columns = np.arange(400) % 2
    fitted = fit_ood(make_rows(beats[:300], columns[:300]), make_rows(beats[300:], columns[300:]), seed=0)
    other = beats.copy()
    other[:, 4] += 50 * beats.std()
    assert share(fitted, beats) < 0.04
    assert share(fitted, other) == 1


def test_large_values_with_small_differences_are_distinguished(make_rows):
    beats, labels = make_beats(Recipe(beats=300, length=40))
    raw = (1024 + 5 * beats).astype(np.float32)
    fitted = fit_ood(make_rows(raw[:200], labels[:200]), make_rows(raw[200:], labels[200:]), seed=0)
    assert share(fitted, raw[200:]) < 0.06
    assert share(fitted, 2048 - raw) > 0.9


def test_a_session_answers_as_the_function_does(fitted, held_back, tmp_path):
    module = tf.Module()
    module.kept = fitted.variables
    spec = tf.TensorSpec([None, 140], tf.float32, name="features")
    serve = tf.function(lambda features: {"unusual_score": fitted.score(features)}, input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path), signatures={"details": serve})
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        loaded = tf.compat.v1.saved_model.loader.load(session, [tf.saved_model.SERVING], str(tmp_path))
        signature = loaded.signature_def["details"]
        answers = session.run(
            signature.outputs["unusual_score"].name, {signature.inputs["features"].name: held_back[:50]}
        )
    assert answers == pytest.approx(fitted.score(held_back[:50]).numpy(), rel=1e-3)
