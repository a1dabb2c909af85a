"""The classes of a training, their names, and left-out classes."""

from pathlib import Path

import numpy as np
import pytest

from data.__main__ import main
from data.errors import DataError
from data.tables.reader import BeatFiles, open_beats
from tests.support.beats.made_beats import write_beats
from tests.support.beats.recordings import heartbeats, strip
from training.dataset.classes import AAMI, Naming, choose, positions_of, texts_of

NAMED = Naming({0: "N", 1: "V"})
NOTE = "cut from a recording by python -m data beats: lead MLII at 360 Hz; labels by AAMI EC57: "


@pytest.fixture
def integers(tmp_path: Path) -> BeatFiles:
    return open_beats(write_beats(tmp_path / "beats.csv", [0, 0, 1, 1]), "last")


def symbols(path: Path, *labels: str) -> BeatFiles:
    return open_beats(write_beats(path, labels), "last", classes=texts_of(AAMI))


def test_one_class_only_is_refused():
    with pytest.raises(
        DataError, match=r"beats.csv: all 3 rows are of class 1 \(V\); give rows of at least two classes"
    ):
        choose("beats.csv", np.array([1, 1, 1]), NAMED, 1)


def test_a_class_with_too_few_rows_is_named_with_the_remedy():
    sentence = (
        r"class 7 has 1 row, the first of them data row 4, where a split needs 3; add rows .* or .* with --at-least 3"
    )
    with pytest.raises(DataError, match=sentence):
        choose("beats.csv", np.array([1, 1, 1, 7, 2, 2, 2]), NAMED, 3)
    assert choose("beats.csv", np.array([1, 1, 1, 2, 2, 2]), NAMED, 3).tolist() == [1, 2]


def test_classes_of_fewer_rows_are_left_out_with_a_word(caplog):
    labels = np.array([0] * 5 + [1] * 2 + [2] * 4 + [3])
    assert choose("beats.csv", labels, NAMED, 3, at_least=4).tolist() == [0, 2]
    assert caplog.messages == [
        "beats.csv: class 1 (V) has 2 rows and is left out (--at-least 4)",
        "beats.csv: class 3 has 1 row and is left out (--at-least 4)",
    ]


def test_fewer_than_the_split_needs_is_still_refused():
    with pytest.raises(DataError, match=r"class 1 \(V\) has 2 rows.* leave it out with --at-least 3"):
        choose("beats.csv", np.array([0] * 5 + [1] * 2), NAMED, 3, at_least=2)


@pytest.mark.parametrize("at_least", [3, 9])
def test_two_classes_must_remain(at_least):
    with pytest.raises(DataError, match=rf"fewer than two classes have {at_least} rows; add rows, or lower --at-least"):
        choose("beats.csv", np.array([0] * 5 + [1] * 2), NAMED, 3, at_least)


def test_held_back_rows_of_a_class_that_was_left_out_are_left_out_too(caplog):
    positions = positions_of("test.csv", np.array([2, 1, 0, 1, 2]), NAMED, np.array([0, 2]))
    assert positions.tolist() == [0, 2, 4]
    assert caplog.messages == ["test.csv: class 1 (V) has 2 rows and is left out, as in training"]
    with pytest.raises(DataError, match=r"test.csv: no row is of a class that was trained on"):
        positions_of("test.csv", np.array([1, 1]), NAMED, np.array([0, 2]))


def test_text_labels_are_the_names(tmp_path):
    beats = open_beats(write_beats(tmp_path / "beats.csv", ["V", "N"] * 3), "last")
    assert Naming.of(beats, [], None) == Naming({0: "N", 1: "V"})


def test_symbols_become_the_classes_of_aami(tmp_path):
    beats = symbols(tmp_path / "beats.csv", "V", "L", "/", "N", "a", "A")
    naming = Naming.of(beats, [], AAMI)
    labels = np.concatenate([naming.classes_of(labels) for _, labels in beats.blocks()])
    assert [naming.names[label] for label in labels.tolist()] == ["V", "N", "Q", "N", "S", "S"]


def test_other_symbols_of_known_classes_are_read_and_others_are_errors(tmp_path):
    training = symbols(tmp_path / "train.csv", "N", "V")
    naming = Naming.of(training, [], AAMI)
    classes = naming.read_as(np.array([0, 2]))  # N and V
    for symbol, known in (("L", True), ("E", True), ("A", False), ("F", False)):
        beats = open_beats(write_beats(tmp_path / "test.csv", ["N", symbol]), "last", training)
        if known:
            assert sum(len(labels) for _, labels in beats.blocks(classes)) == 2
        else:
            with pytest.raises(DataError, match=r"test.csv, line 2"):
                list(beats.blocks(classes))


@pytest.mark.parametrize(
    ("notes", "names"),
    [
        ([None], {}),
        (["synthetic: by hand"], {}),
        ([NOTE + "whatever comes"], {}),
        ([NOTE + "1 N, 0 any other", None], {1: "N", 0: "any other"}),
        ([f"{NOTE}0 N, 1 S, 2 V\nmore\n{NOTE.replace('360', '250')}0 N, 1 S, 2 V; more"], {0: "N", 1: "S", 2: "V"}),
    ],
)
def test_notes_name_integer_labels(integers, notes, names):
    assert Naming.of(integers, notes, None).names == names


def test_notes_that_contradict_each_other_are_refused(integers):
    sentence = "the labels mean 0 N, 1 S in one file and 1 N, 0 any other in another; cut all recordings with the same"
    with pytest.raises(DataError, match=sentence):
        Naming.of(integers, [NOTE + "0 N, 1 S", NOTE + "1 N, 0 any other"], None)


@pytest.mark.parametrize(
    ("labelling", "names"), [("aami", {0: "N", 1: "S", 2: "V", 3: "F", 4: "Q"}), ("binary", {0: "any other", 1: "N"})]
)
def test_beats_of_a_recording_bring_the_names_of_their_classes(tmp_path, labelling, names):
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    peaks = heartbeats(250, 30)
    samples = strip(peaks, 250, 30 * 250).astype(np.float64)[:, None]
    about = {"fs": 250, "units": ["mV"], "sig_name": ["II"], "fmt": ["16"], "write_dir": str(tmp_path)}
    wfdb.wrsamp("r", p_signal=samples, **about)
    wfdb.wrann("r", "atr", peaks, ["N", "V"] * (len(peaks) // 2) + ["N"] * (len(peaks) % 2), write_dir=str(tmp_path))
    out = tmp_path / "beats.csv"
    assert main(["beats", str(tmp_path / "r.hea"), "--out", str(out), "--labels", labelling]) == 0
    beats = open_beats(out)
    assert Naming.of(beats, [beats.note], None).names == names
