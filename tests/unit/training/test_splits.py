"""From files to splits on disk: the rows of each split, warnings and errors."""

import re
import resource
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import DataError
from data.tables.reader import read_beats
from tests.support.beats.made_beats import write_beats
from training.dataset.assignment import hash_rows, split_rows
from training.dataset.shards import Rows
from training.dataset.splits import Splits, read_splits, read_spooled
from training.errors import TrainingError
from training.options import parse_options


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """Limit the file size, which has the effect of a full disk."""
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
def test_the_splits_follow_the_rows_hashes(tmp_path, salt):
    data = write_beats(tmp_path / "beats.csv", [4] * 70 + [-1] * 50 + [9] * 3)
    splits = parted(tmp_path, data, "--seed", "5", salt=salt)
    beats = read_beats(data)
    groups = split_rows(beats.labels, hash_rows(beats.features, salt), 0.15, 0.2, seed=5)
    columns = np.searchsorted(splits.class_labels, beats.labels)
    assert splits.class_labels.tolist() == [-1, 4, 9]
    for rows, group in zip((splits.train, splits.validation, splits.test), groups, strict=True):
        assert len(rows) == len(group)
        assert beats_of(rows) == rows_of(beats.features[group], columns[group])


def test_a_test_file_is_held_back_completely_and_takes_no_rows_from_training(tmp_path):
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
    assert splits.note
    assert "Its labels, WFDB's symbols, are joined to classes by AAMI EC57: 0 N, 2 V.\n" in splits.note
    assert np.sum([splits.train.counts, splits.validation.counts], axis=0).tolist() == [10, 5]
    assert splits.test.counts == (2, 3)


def with_column(path: Path, name: str, values: Sequence[object]) -> Path:
    """Write the beats with a header and one more column at the front."""
    lines = path.read_text().splitlines()
    features = [f"F{number}" for number in range(1, lines[0].count(",") + 1)]
    rows = [f"{value},{line}" for value, line in zip(values, lines, strict=True)]
    other = path.with_name(f"{name}-{path.name}")
    other.write_text("\n".join([",".join([name, *features, "label"]), *rows]))
    return other


def codes(splits: Splits) -> list[str]:
    """Return the codes of the warnings except `few_rows`, after checking that all texts are sentences."""
    for each in splits.warnings:
        assert re.fullmatch(r"[A-Z0-9].*[.?]", each.text)
    return [each.code for each in splits.warnings if each.code != "few_rows"]


def of_parts(splits: Splits) -> list[set[int]]:
    return [set() if rows.groups is None else set(rows.groups.tolist()) for rows in splits_of(splits)]


def splits_of(splits: Splits) -> list[Rows]:
    return [splits.train, splits.validation, splits.test]


def test_a_group_column_is_no_feature_and_keeps_each_group_on_one_side(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0, 1] * 200)
    data = with_column(data, "patient", [f"p{number % 20}" for number in range(400)])
    splits = parted(tmp_path, data, "--drop", "F3")
    assert splits.beats.feature_names == tuple(f"F{number}" for number in range(1, 13) if number != 3)
    train, validation, test = of_parts(splits)
    assert not train & validation | train & test | validation & test
    assert splits.groups() == {"train": len(train), "validation": len(validation), "test": len(test)}
    assert len(train | validation | test) == 20
    assert (splits.note, codes(splits)) == (None, []) if len(test) >= 5 else ["few_test_groups"]


def test_groups_go_with_their_rows(tmp_path):
    """F1 is the group's number, so that each row shows its group."""
    rows = np.random.default_rng(0).integers(0, 30, 900)
    lines = [f"g{group},{group},{number},{number % 2}" for number, group in enumerate(rows.tolist())]
    (tmp_path / "beats.csv").write_text("\n".join(["patient,F1,F2,label", *lines]))
    known: dict[int, float] = {}
    for part in splits_of(parted(tmp_path, tmp_path / "beats.csv")):
        assert part.groups is not None
        values = np.concatenate([features[:, 0] for features, _ in part.blocks()])
        for group, value in zip(part.groups.tolist(), values.tolist(), strict=True):
            assert known.setdefault(group, value) == value
    assert len(known) == len(set(known.values())) == 30


def test_no_text_of_a_group_is_kept_or_logged(tmp_path, caplog, capfd):
    data = with_column(
        write_beats(tmp_path / "beats.csv", [0, 1] * 30), "patient", [f"Jane Q{n % 6}" for n in range(60)]
    )
    folder = tmp_path / "shards"
    folder.mkdir()
    splits = read_splits(parse_options(["--data", str(data)]), folder)
    assert "Jane" not in repr(splits) + caplog.text + "".join(capfd.readouterr())
    assert not [path for path in folder.iterdir() if b"Jane" in path.read_bytes()]


@pytest.mark.parametrize("given", [False, True])
def test_without_groups_the_split_says_so(tmp_path, caplog, given):
    data = write_beats(tmp_path / "beats.csv", [0] * 20 + [1] * 20)
    test = write_beats(tmp_path / "test.csv", [0] * 7 + [1] * 4, noise_seed=1)
    splits = parted(tmp_path, data, *(["--test", str(test)] if given else []))
    assert (codes(splits), splits.groups()) == (["no_groups"], None)
    assert splits.note
    assert "beats of the same person may be on both sides of the split" in splits.note
    assert f"NOTE: {splits.note}" in caplog.messages


@pytest.mark.parametrize(
    ("note", "code"),
    [("cut from a recording", "one_group"), ("cut from 3 recordings", "pooled"), ("cut from paper", "no_groups")],
)
def test_beats_of_recordings_without_a_column_say_how_many_there_were(tmp_path, note, code):
    data = write_beats(tmp_path / "beats.csv", [0, 1] * 20)
    data.write_text(f"# {note} by python -m data beats: lead MLII at 360 Hz\n{data.read_text()}")
    splits = parted(tmp_path, data)
    assert codes(splits) == [code]
    assert splits.note
    assert splits.note.startswith(f"{note.capitalize()} by python -m data beats: lead MLII at 360 Hz\n")


def test_one_person_alone_is_split_within_and_says_nothing_of_others(tmp_path):
    data = with_column(write_beats(tmp_path / "beats.csv", [0, 1] * 20), "patient", ["7"] * 40)
    splits = parted(tmp_path, data, "--group", "patient")
    assert codes(splits) == ["one_group"]
    assert splits.groups() == {"train": 1, "validation": 1, "test": 1}
    assert min(map(len, splits_of(splits))) > 0


def test_of_two_people_one_is_held_back_and_the_other_split_within(tmp_path):
    data = with_column(write_beats(tmp_path / "beats.csv", [0, 1] * 40), "patient", ["a"] * 30 + ["b"] * 50)
    splits = parted(tmp_path, data)
    train, validation, test = of_parts(splits)
    assert train == validation
    assert not train & test
    assert len(splits.test) == 30  # as 50 would be more than half
    assert codes(splits) == ["few_test_groups", "validation_within_groups"]


def test_where_each_class_is_of_one_person_the_split_is_within_and_says_so(tmp_path):
    data = with_column(write_beats(tmp_path / "beats.csv", [0, 1] * 20), "patient", ["a", "b"] * 20)
    splits = parted(tmp_path, data)
    assert codes(splits) == ["split_within_groups"]
    assert [len(part) for part in of_parts(splits)] == [2, 2, 2]


def test_a_class_of_one_person_trains_and_is_not_judged(tmp_path):
    labels = [0, 1] * 40 + [2] * 20
    people = [f"p{number // 8}" for number in range(80)] + ["p3"] * 20
    splits = parted(tmp_path, with_column(write_beats(tmp_path / "beats.csv", labels), "patient", people))
    assert (splits.train.counts[2], splits.test.counts[2]) == (20, 0)
    assert "class_not_tested" in codes(splits)
    assert splits.note
    assert "No held-back beat is of class 2: the figures say nothing about it." in splits.note


def test_people_of_a_test_file_that_are_trained_on_are_counted(tmp_path):
    data = with_column(write_beats(tmp_path / "a.csv", [0, 1] * 40), "patient", [f"p{n % 8}" for n in range(80)])
    test = write_beats(tmp_path / "b.csv", [0, 1] * 20, noise_seed=1)
    mixed = with_column(test, "patient", [f"p{6 + n % 4}" for n in range(40)])
    splits = parted(tmp_path, data, "--test", str(mixed))
    assert codes(splits) == ["group_on_both_sides"]
    assert "2 of the 4 people of patient-b.csv are also in the training data" in splits.warnings[0].text
    assert codes(parted(tmp_path, data, "--test", str(test))) == ["test_without_groups"]


def test_held_back_beats_that_were_trained_on_are_counted(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0, 1] * 40)
    test = tmp_path / "test.csv"
    test.write_text("\n".join(data.read_text().splitlines()[:10]))
    splits = parted(tmp_path, data, "--test", str(test))
    assert codes(splits) == ["no_groups", "equal_beats"]
    assert splits.warnings[1].text.startswith("10 of the 10 held-back beats are equal to training beats")


def test_each_file_of_a_folder_is_a_group(tmp_path, caplog):
    caplog.set_level("INFO")
    (folder := tmp_path / "beats").mkdir()
    for number in range(10):
        write_beats(folder / f"{number}.csv", [0] * 12 + [1] * 12, noise_seed=number)
    splits = parted(tmp_path, folder)
    assert splits.groups() == {"train": 7, "validation": 1, "test": 2}
    assert "beats: each of the 10 files is a group, such as a person" in caplog.messages
    lines = [f"{path.stem},{line}" for path in folder.iterdir() for line in path.read_text().splitlines()]
    names = ",".join(["record", *(f"F{number}" for number in range(1, 13)), "label"])
    (tmp_path / "one.csv").write_text("\n".join([names, *lines]))
    assert beats_of(parted(tmp_path, tmp_path / "one.csv").test) == beats_of(splits.test)


def test_files_that_are_parts_of_one_table_make_the_splits_that_one_file_would(tmp_path):
    whole = write_beats(tmp_path / "whole.csv", [0] * 60 + [1] * 60)
    lines = whole.read_text().splitlines()
    (folder := tmp_path / "beats").mkdir()
    for number, start in enumerate(range(0, 120, 50)):
        (folder / f"{number}.csv").write_text("\n".join(lines[start : start + 50]))
    of_file, of_folder = parted(tmp_path, whole), parted(tmp_path, folder, "--group", "none")
    assert [beats_of(rows) for rows in splits_of(of_file)] == [beats_of(rows) for rows in splits_of(of_folder)]
    assert (of_folder.beats.source, codes(of_folder)) == ("beats", ["no_groups"])


def test_folds_hold_back_each_row_once_and_leave_the_spool(tmp_path):
    data = with_column(write_beats(tmp_path / "beats.csv", [0, 1] * 60), "patient", [f"p{n % 7}" for n in range(120)])
    options = parse_options(["--data", str(data)])
    (folder := tmp_path / "spool").mkdir()
    spooled = read_spooled(options, folder)
    judged: list[set[tuple[float, ...]]] = []
    for fold in spooled.folds(options, 3):
        assert not beats_of(fold.test) & (beats_of(fold.train) | beats_of(fold.validation))
        judged.append(beats_of(fold.test))
    assert sum(map(len, judged)) == len(set().union(*judged)) == 120
    assert [path.name for path in folder.iterdir()] == ["beats"]
    assert sum(map(len, splits_of(spooled.split(options)))) == 120


def test_a_full_disk_is_one_sentence(tmp_path):
    data = write_beats(tmp_path / "beats.csv", [0] * 300 + [1] * 300)
    sentence = r"cannot be stored here .* \(File too large\); free some space, or set TMPDIR"
    with pytest.raises(TrainingError, match=sentence), files_no_larger_than(20_000):
        parted(tmp_path, data)


@pytest.mark.parametrize(
    ("names", "trace"),
    [
        ([f"F{number}" for number in range(24)], 24),
        ([*(f"t{number}" for number in range(22)), "rr_previous", "like_qrs"], 22),
        ([2 * letter for letter in "abcdefghijklmnopqrstuvw"], 0),
        ([f"F{number}" for number in range(12)], 0),
    ],
    ids=["a trace alone", "with what is beside it", "other columns", "too few"],
)
def test_the_names_of_the_columns_say_how_many_are_a_trace(tmp_path, names, trace):
    data = tmp_path / "beats.csv"
    beats = np.random.default_rng(0).normal(size=(20, len(names)))
    table = np.column_stack([beats, np.arange(20) % 2])
    np.savetxt(data, table, "%.4f", ",", header=",".join([*names, "label"]), comments="")
    splits = parted(tmp_path, data, "--label", "label")
    assert [part.trace for part in (splits.train, splits.train.joined(splits.validation), splits.test)] == [trace] * 3
