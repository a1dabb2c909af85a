"""From files to splits on disk: which rows are in which part, and what keeps them from getting there."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import DataError
from data.tables.reader import read_beats
from tests.made_beats import write_beats
from training.dataset.assignment import hash_rows, split_rows
from training.dataset.shards import Rows
from training.dataset.splits import Splits, read_splits
from training.errors import TrainingError
from training.options import parse_options


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """To a program this is a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def parted(tmp_path: Path, data: Path, *arguments: str, salt: int = 0) -> Splits:
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    return read_splits(parse_options(["--data", str(data), *arguments]), folder, salt)


def beats_of(rows: Rows) -> set[tuple[float, ...]]:
    return {(*beat, column) for block, columns in rows.blocks() for beat, column in zip(block, columns, strict=True)}


def rows_of(features: NDArray[np.float32], columns: NDArray[np.int64]) -> set[tuple[float, ...]]:
    return {(*beat, column) for beat, column in zip(features, columns, strict=True)}


@pytest.mark.parametrize("salt", [0, 3])
def test_the_parts_are_those_of_the_rows_hashes(tmp_path, salt):
    data = write_beats(tmp_path / "beats.csv", [4] * 70 + [-1] * 50 + [9] * 3)
    splits = parted(tmp_path, data, "--seed", "5", salt=salt)
    beats = read_beats(data)
    groups = split_rows(beats.labels, hash_rows(beats.features, salt), 0.15, 0.2, seed=5)
    columns = np.searchsorted(splits.class_labels, beats.labels)
    assert splits.class_labels.tolist() == [-1, 4, 9]
    for rows, group in zip((splits.train, splits.validation, splits.test), groups, strict=True):
        assert len(rows) == len(group)
        assert beats_of(rows) == rows_of(beats.features[group], columns[group])


def test_a_given_test_file_is_held_back_whole_and_takes_no_rows_from_training(tmp_path):
    data = write_beats(tmp_path / "train.csv", [0] * 20 + [1] * 20)
    test = write_beats(tmp_path / "test.csv", [1] * 4 + [0] * 7)
    splits = parted(tmp_path, data, "--test", str(test))
    beats = read_beats(test)
    assert beats_of(splits.test) == rows_of(beats.features, beats.labels)
    assert len(splits.train) + len(splits.validation) == 40


def test_a_test_file_with_a_class_of_its_own_is_refused(tmp_path):
    data = write_beats(tmp_path / "train.csv", [0] * 20 + [1] * 20)
    test = write_beats(tmp_path / "test.csv", [0] * 7 + [3] * 4)
    with pytest.raises(DataError, match=r"test.csv, line 8, column 13: class 3 is not among those of the training"):
        parted(tmp_path, data, "--test", str(test))


def test_rare_classes_are_left_out_of_all_parts(tmp_path, caplog):
    data = write_beats(tmp_path / "train.csv", [3] * 20 + [4] * 2 + [7] * 20)
    test = write_beats(tmp_path / "test.csv", [3] * 4 + [4] * 3 + [7] * 5)
    beats, given = read_beats(data), read_beats(test)
    kept, of_test = beats.labels != 4, given.labels != 4
    splits = parted(tmp_path, data, "--at-least", "3")
    assert splits.class_labels.tolist() == [3, 7]
    columns = (beats.labels[kept] == 7).astype(int)
    assert beats_of(splits.train) | beats_of(splits.validation) | beats_of(splits.test) == rows_of(
        beats.features[kept], columns
    )
    splits = parted(tmp_path, data, "--at-least", "3", "--test", str(test))
    assert beats_of(splits.test) == rows_of(given.features[of_test], (given.labels[of_test] == 7).astype(int))
    assert "train.csv: class 4 has 2 rows and is left out (--at-least 3)" in caplog.messages
    assert "test.csv: class 4 has 3 rows and is left out, as in training" in caplog.messages


@pytest.mark.parametrize(
    ("arguments", "names"),
    [([], {0: "N", 1: "S", 2: "V"}), (["--classes", "V,S,Q,N"], {0: "V", 1: "S", 3: "N"})],
)
def test_text_labels_are_classes_with_names(tmp_path, arguments, names):
    data = write_beats(tmp_path / "beats.csv", ["V"] * 10 + ["N"] * 9 + ["S"] * 8)
    splits = parted(tmp_path, data, "--label", "last", *arguments)
    assert splits.class_names == names
    assert splits.class_labels.tolist() == sorted(names)
    rows = np.sum([part.counts for part in (splits.train, splits.validation, splits.test)], axis=0)
    assert {names[label]: count for label, count in zip(sorted(names), rows.tolist(), strict=True)} == {
        "V": 10,
        "N": 9,
        "S": 8,
    }


@pytest.mark.parametrize("classes", ["aami", "N,V"])
def test_integer_labels_take_no_texts(tmp_path, classes):
    data = write_beats(tmp_path / "beats.csv", [0] * 10 + [1] * 10)
    with pytest.raises(DataError, match=r"--classes .* labels here are numbers"):
        parted(tmp_path, data, "--classes", classes)


@pytest.mark.parametrize(("labels", "others"), [(["N", "V"], [0, 1]), ([0, 1], ["N", "V"]), (["N", "V"], ["N", "Q"])])
def test_a_test_file_with_labels_of_another_kind_is_refused(tmp_path, labels, others):
    data = write_beats(tmp_path / "train.csv", labels * 10)
    test = write_beats(tmp_path / "test.csv", others * 4)
    with pytest.raises(DataError, match=r"test.csv, line \d"):
        parted(tmp_path, data, "--label", "last", "--test", str(test))


def test_symbols_are_joined_to_the_classes_of_aami_in_both_files(tmp_path):
    data = write_beats(tmp_path / "train.csv", ["N"] * 5 + ["L"] * 5 + ["V"] * 5 + ["F"])
    test = write_beats(tmp_path / "test.csv", ["R"] * 2 + ["E"] * 3 + ["F"])
    aami = ["--label", "last", "--classes", "aami", "--at-least", "2", "--test", str(test)]
    splits = parted(tmp_path, data, *aami)
    assert splits.class_names == {0: "N", 2: "V"}
    assert np.sum([splits.train.counts, splits.validation.counts], axis=0).tolist() == [10, 5]
    assert splits.test.counts == (2, 3)


def test_a_group_column_is_no_feature_and_what_it_does_not_do_is_said(tmp_path, caplog):
    data = write_beats(tmp_path / "beats.csv", [0] * 10 + [1] * 10)
    rows = [f"{number % 4},{line},7" for number, line in enumerate(data.read_text().splitlines())]
    names = ",".join(["patient", *(f"F{number}" for number in range(12)), "label", "age"])
    data.write_text("\n".join(["# by hand", names, *rows]))
    splits = parted(tmp_path, data, "--group", "patient", "--drop", "age", "--drop", "F3")
    assert splits.beats.feature_names == tuple(f"F{number}" for number in range(12) if number != 3)
    assert splits.train.width == 11
    assert splits.note
    hand, group = splits.note.splitlines()
    assert hand == "by hand"
    assert group.startswith("group column patient: beats of the same person may be on both sides of the split")
    assert f"NOTE: {splits.note}" in caplog.messages
    assert parted(tmp_path, data, "--drop", "age", "--drop", "patient").note == "by hand"


def test_a_folder_of_files_makes_the_parts_that_one_file_would(tmp_path):
    whole = write_beats(tmp_path / "whole.csv", [0] * 60 + [1] * 60)
    lines = whole.read_text().splitlines()
    (folder := tmp_path / "beats").mkdir()
    for number, start in enumerate(range(0, 120, 50)):
        (folder / f"{number}.csv").write_text("\n".join(lines[start : start + 50]))
    of_file, of_folder = parted(tmp_path, whole), parted(tmp_path, folder)
    assert beats_of(of_file.test) == beats_of(of_folder.test)
    assert beats_of(of_file.train) == beats_of(of_folder.train)
    assert of_folder.beats.source == "beats"


def test_a_full_disk_is_one_sentence(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0] * 300 + [1] * 300)
    sentence = r"cannot be kept here .* \(File too large\); make room, or .* TMPDIR"
    with pytest.raises(TrainingError, match=sentence), files_no_larger_than(20_000):
        parted(tmp_path, data)
