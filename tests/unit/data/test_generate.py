"""The synthetic beats and their file."""

import os

import numpy as np
import pytest

from data.errors import DataError
from data.sources.generate import Recipe, generate, make_beats
from data.tables.reader import read_beats


def test_the_file_is_read_back_with_its_note_and_names(tmp_path):
    out = tmp_path / "new" / "beats.csv"
    recipe = Recipe(beats=90, length=50, classes=3, seed=5)
    generate(out, recipe)
    beats = read_beats(out)
    assert beats.note == recipe.note
    assert beats.note.startswith("synthetic: ")
    assert beats.feature_names[0] == "F1"
    assert beats.features.shape == (90, 50)
    assert np.unique(beats.labels, return_counts=True)[1].tolist() == [30, 30, 30]
    assert os.listdir(out.parent) == ["beats.csv"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    (tmp_path / "beats.csv" / "folder").mkdir(parents=True)
    with pytest.raises(OSError, match=r"beats\.csv"):
        generate(tmp_path / "beats.csv", Recipe(beats=2, length=10))
    assert os.listdir(tmp_path) == ["beats.csv"]


def test_beats_are_normalised_and_aligned_in_random_order():
    features, labels = make_beats(Recipe(beats=120, length=100))
    np.testing.assert_allclose(features.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=1), 1, atol=1e-5)
    normal = features[labels == 1]
    assert np.all(np.abs(normal.argmax(axis=1) - 40) < 10)
    assert np.count_nonzero(np.diff(labels)) > 20
    assert sorted(set(labels)) == [0, 1]


def test_a_seed_makes_the_same_beats_and_another_one_others():
    once, again, other = (make_beats(Recipe(beats=20, length=30, seed=seed))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.allclose(once, other)


def test_each_class_has_its_own_shape_however_many_there_are():
    features, labels = make_beats(Recipe(beats=180, length=70, classes=9))
    means = np.array([features[labels == label].mean(axis=0) for label in range(1, 10)])
    distances = np.sqrt(((means[:, None] - means) ** 2).mean(axis=2)) + 9 * np.eye(9)
    assert distances.min() > 0.05


@pytest.mark.parametrize("recipe", [{"classes": 1}, {"beats": 2, "classes": 3}, {"length": 1}])
def test_an_impossible_recipe_is_refused(recipe):
    with pytest.raises(DataError, match="cannot generate"):
        Recipe(**recipe)
