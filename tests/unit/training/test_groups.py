"""The split by group: one split per group, stable for later versions, with every class if possible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from data.errors import DataError
from training.dataset.assignment import Split, hash_rows
from training.dataset.folds import fold_rows
from training.dataset.groups import hash_groups, split_groups

rng = np.random.default_rng(0)
Made = tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.uint64]]


def made(people: NDArray[np.int64], labels: NDArray[np.int64]) -> Made:
    """Labels, hashes of rows and hashes of groups, as in a spool."""
    hashes = hash_rows(rng.normal(size=(len(labels), 2)).astype(np.float32))
    return labels, hashes, hash_groups(np.array([f"p{person}" for person in people]))


def split(beats: Made, seed: int = 0, test: float = 0.2, validation: float = 0.15) -> Split | None:
    labels, hashes, groups = beats
    return split_groups(labels, hashes, groups, validation, test, seed, np.unique(labels))


def sides(beats: Made, parts: Split) -> list[set[int]]:
    return [set(beats[2][part].tolist()) for part in parts]


def test_an_integer_is_the_same_group_with_and_without_decimals():
    whole = hash_groups(np.array(["1", "1.0", "1.", "1.00"]))
    assert len(set(whole.tolist())) == 1
    assert len(set(hash_groups(np.array(["1", "1.5", "01", "10", "1.0.0", "p1.0", "p1"])).tolist())) == 7


people_and_labels = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=4, max_size=150)


@given(drawn=people_and_labels, test=st.floats(0.05, 0.9), validation=st.floats(0.05, 0.9), seed=st.integers(0, 3))
def test_no_group_is_held_back_in_part_and_every_class_is_trained_on(drawn, test, validation, seed):
    people, labels = np.array(drawn).repeat(2, axis=0).T  # as every class has two rows or more
    beats = made(people, labels)
    parts = split(beats, seed, test, validation)
    if parts is None:
        return
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(labels)))
    train, stop, held_back = sides(beats, parts)
    assert held_back
    assert not held_back & (train | stop)
    assert train.isdisjoint(stop) or train == stop or len(train | stop) == 1 or not _could_part(beats, parts)
    assert set(labels[parts[0]]) == set(labels)
    assert len(parts[1])


def _could_part(beats: Made, parts: Split) -> bool:
    """Return whether a group outside the test shares all its classes, so that it could be for validation."""
    rows = np.concatenate(parts[:2])
    labels, groups = beats[0][rows], beats[2][rows]
    return any(
        set(labels[groups == group]) <= set(labels[groups != group]) and (groups == group).sum() <= len(rows) / 2
        for group in np.unique(groups)
    )


@given(st.permutations(range(60)), st.integers(0, 5))
def test_the_test_groups_depend_only_on_names(order, seed):
    people = np.arange(60) % 12
    labels = np.arange(60) // 12 % 2
    first = made(people, labels)
    other = made(people[np.array(order)], labels[np.array(order)])
    parts, again = split(first), split(other, seed)
    assert parts
    assert again
    assert sides(first, parts)[2] == sides(other, again)[2]


@pytest.mark.parametrize("groups", [10, 44, 200])
def test_added_rows_and_people_leave_everyone_on_the_side_where_they_are(groups):
    def held_back(people: NDArray[np.int64]) -> set[int]:
        beats = made(people, np.arange(len(people)) % 2)
        parts = split(beats)
        assert parts
        return sides(beats, parts)[2]

    few = np.repeat(np.arange(groups), 6)
    before = held_back(few)
    assert held_back(np.concatenate([few, np.repeat(np.arange(groups // 2), 40)])) == before
    more = held_back(np.repeat(np.arange(2 * groups), 6))
    known = set(hash_groups(np.array([f"p{person}" for person in range(groups)])).tolist())
    moved = (more & known) ^ before
    assert len(moved) <= 1


@pytest.mark.parametrize("groups", [3, 5, 10, 20, 50, 400])
def test_about_the_share_of_all_groups_is_held_back(groups):
    beats = made(np.repeat(np.arange(groups), 6), np.arange(6 * groups) % 3)
    parts = split(beats)
    assert parts
    train, stop, held_back = sides(beats, parts)
    assert max(1, 0.15 * groups) <= len(held_back) <= max(1, 0.25 * groups)
    assert len(stop) == max(1, round(0.15 * (groups - len(held_back))))
    assert len(train) + len(stop) + len(held_back) == groups


def test_a_rare_class_is_held_back_where_two_people_have_it():
    people = np.repeat(np.arange(40), 10)
    labels = np.arange(400) % 2
    for rare in range(0, 38):
        with_rare = labels.copy()
        with_rare[[rare * 10, rare * 10 + 1, rare * 10 + 10, rare * 10 + 11]] = 2
        parts = split(made(people, with_rare))
        assert parts
        assert 2 in with_rare[parts[0]]
        assert 2 in with_rare[parts[2]]


def test_seeds_validate_other_groups_and_repeat():
    beats = made(np.repeat(np.arange(30), 4), np.arange(120) % 2)
    one, again, other = (split(beats, seed) for seed in (1, 1, 2))
    assert one
    assert again
    assert other
    assert (one[1] == again[1]).all()
    assert sides(beats, one)[1] != sides(beats, other)[1]


def test_a_person_of_most_beats_is_not_held_back():
    people = np.repeat(np.arange(4), [500, 10, 10, 10])
    beats = made(people, np.arange(530) % 2)
    parts = split(beats)
    assert parts
    assert 0 in people[parts[0]] or 0 in people[parts[1]]
    assert len(parts[2]) <= 265


def test_one_group_cannot_be_split():
    assert split(made(np.zeros(20, np.int64), np.arange(20) % 2)) is None


def test_another_salt_holds_other_groups_back():
    names = np.array([f"p{person}" for person in range(100)])
    lowest, others = (set(np.argsort(hash_groups(names, salt))[:20].tolist()) for salt in (0, 1))
    assert len(lowest & others) < 12


@pytest.mark.parametrize("grouped", [True, False])
def test_folds_judge_each_row_once_by_people_or_beats_they_were_not_trained_on(grouped):
    people, labels = np.arange(300) % 11, np.arange(300) // 11 % 3
    labels, hashes, groups = made(people, labels)
    judged = []
    for fold in fold_rows(labels, hashes, groups if grouped else None, 4, 0.2, 0, np.arange(3)):
        assert sorted(np.concatenate(fold).tolist()) == list(range(300))
        train, stop, test = (set(people[part].tolist()) for part in fold)
        assert not grouped or not (train & stop | train & test | stop & test)
        assert set(labels[fold[2]].tolist()) == {0, 1, 2}
        judged += fold[2].tolist()
    assert sorted(judged) == list(range(300))


def test_small_classes_of_many_people_are_refused_for_more_folds_than_rows():
    labels, hashes, groups = made(np.arange(9), np.arange(9) % 3)
    with pytest.raises(DataError, match="--cross-validate 4: a class has only 3 rows"):
        list(fold_rows(labels, hashes, groups, 4, 0.2, 0, np.arange(3)))


@pytest.mark.parametrize(
    ("grouped", "sentence"), [(True, "there are only 3 groups"), (False, "a class has only 4 rows")]
)
def test_more_folds_than_groups_or_rows_are_refused(grouped, sentence):
    labels, hashes, groups = made(np.arange(40) % 3, (np.arange(40) < 4).astype(np.int64))
    with pytest.raises(DataError, match=f"--cross-validate 5: {sentence}"):
        list(fold_rows(labels, hashes, groups if grouped else None, 5, 0.2, 0, np.arange(2)))
