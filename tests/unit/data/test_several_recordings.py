"""Several recordings, or a folder of them, in one table."""

import csv
import os
import shutil
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from data.__main__ import main
from data.errors import DataError
from data.recordings.annotations import CLASS_OF
from data.recordings.cut import Cut
from data.recordings.cut_options import CutOptions
from data.recordings.gather import name_of, recordings_of
from data.recordings.segmentation import write_beats
from tests.support.beats.recordings import heartbeats, strip, write_edf, write_table

RATE = 250


def write_recording(folder, name, symbols="", seed=0, seconds=20):
    """Write a WFDB record whose annotations repeat the given symbols."""
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    beats = heartbeats(RATE, seconds, seed)
    folder.mkdir(exist_ok=True)
    np.rint(1000 * strip(beats, RATE, seconds * RATE)).astype("<i2").tofile(folder / f"{name}.dat")
    (folder / f"{name}.hea").write_text(f"{name} 1 {RATE}\n{name}.dat 16 1000/mV 16 0 0 0 0 ECG\n")
    if symbols:
        marks = [symbols[number % len(symbols)] for number in range(len(beats))]
        wfdb.wrann("marks", "atr", beats, marks, fs=RATE, write_dir=str(folder))  # it refuses other names
        (folder / "marks.atr").rename(folder / f"{name}.atr")
    return folder / name, len(beats) - 1


def read(path):
    with path.open() as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_recordings_stand_one_below_the_other_with_their_names(tmp_path, caplog):
    records = [write_recording(tmp_path / "in", name, "N", seed) for seed, name in enumerate(("b", "a", "p.1"))]
    out, positions = tmp_path / "beats.csv", tmp_path / "positions.csv"
    write_beats([path for path, _ in records], out, positions, CutOptions(Cut(30)))
    rows, places = read(out), read(positions)
    assert [row["record"] for row in rows] == [path.name for path, beats in records for _ in range(beats)]
    assert [place["record"] for place in places] == [row["record"] for row in rows]
    assert [int(place["row"]) for place in places] == list(range(1, len(rows) + 1))
    assert list(rows[0]) == ["record", *(f"F{number}" for number in range(1, 31)), "label"]
    assert out.read_text().startswith("# cut from 3 recordings by python -m data beats: lead ECG at 250 Hz; labels by")
    for path, beats in records:
        write_beats(path, tmp_path / "one.csv", None, CutOptions(Cut(30)))
        alone = read(tmp_path / "one.csv")
        assert len(alone) == beats
        assert alone == [
            {key: row[key] for key in row if key != "record"} for row in rows if row["record"] == path.name
        ]


def test_a_folder_stands_for_its_recordings(tmp_path):
    write_recording(tmp_path / "in", "2")
    write_recording(tmp_path / "in", "10")
    write_edf(tmp_path / "in" / "3.edf", RATE, {"ECG": strip(heartbeats(RATE, 20), RATE, 20 * RATE)})
    for name in ("notes.txt", "beats.csv"):
        (tmp_path / "in" / name).write_text("not a recording\n")
    (tmp_path / "in" / "all.hea").write_text(f"all/2 1 {RATE} 10000\n2 5000\n10 5000\n")
    assert list(recordings_of([tmp_path / "in"])) == ["3", "all"]
    (tmp_path / "in" / "all.hea").unlink()
    assert list(recordings_of([tmp_path / "in"])) == ["10", "2", "3"]
    write_beats(tmp_path / "in", tmp_path / "beats.csv", None, CutOptions())
    assert list(Counter(row["record"] for row in read(tmp_path / "beats.csv"))) == ["10", "2", "3"]


def test_different_leads_are_logged(tmp_path, caplog):
    samples = strip(heartbeats(RATE, 20), RATE, 20 * RATE)
    files = [write_edf(tmp_path / f"{name}.edf", RATE, {f"ECG {name}": samples}) for name in ("II", "V5", "V1")]
    write_beats(files, tmp_path / "beats.csv", None, CutOptions())
    assert (
        "the recordings have different leads: ECG II, ECG V1, ECG V5; a model of one lead does not fit another"
        in caplog.text
    )


def test_a_folder_of_tables(tmp_path):
    for name in ("b.csv", "a.tsv", "c.csv.gz"):
        (tmp_path / name).write_text("")
    assert list(recordings_of([tmp_path])) == ["a", "b", "c"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: no recording in this folder"):
        recordings_of([tmp_path / "empty"])


def test_one_name_for_two_recordings_is_refused(tmp_path):
    one, other = (write_recording(tmp_path / folder, "100")[0] for folder in "ab")
    with pytest.raises(
        DataError, match=r"b/100: has the same name as .*a/100, so their beats could not be distinguished"
    ):
        recordings_of([one, other])
    same = [one, one.with_suffix(".hea"), one.with_suffix(".dat"), one.parent / ".." / "a" / "100"]
    assert recordings_of(same) == {"100": one}


@pytest.mark.parametrize(
    ("name", "called"),
    [("a/100", "100"), ("100.hea", "100"), ("x.y.edf", "x.y"), ("x.CSV.gz", "x"), ("x.tsv", "x"), ("rec.1", "rec.1")],
)
def test_a_recording_is_named_like_its_file(tmp_path, name, called):
    assert name_of(tmp_path / name) == called


@pytest.mark.parametrize("name", ["a,b", "#1", 'a"b'])
def test_any_name_can_be_read_again(tmp_path, name):
    beats = heartbeats(RATE, 20)
    files = [
        write_table(tmp_path / f"{each}.csv", RATE, {"ECG": strip(beats, RATE, 20 * RATE)}) for each in (name, "z")
    ]
    write_beats(files, tmp_path / "out" / "beats.csv", None, CutOptions())
    assert list(Counter(row["record"] for row in read(tmp_path / "out" / "beats.csv"))) == [name, "z"]


def test_paced_recordings_are_left_out_by_the_option(tmp_path, caplog):
    caplog.set_level("INFO")
    records = {
        "some": write_recording(tmp_path, "some", "NNNNNNNNNNNNNNN/", 1)[0],
        "paced": write_recording(tmp_path, "paced", "/N", 2)[0],
    }
    for options, kept in (
        (CutOptions(at_least=1), ["some", "paced"]),
        (CutOptions(at_least=1, without_paced=True), ["some"]),
    ):
        write_beats(list(records.values()), tmp_path / "beats.csv", None, options)
        assert list(Counter(row["record"] for row in read(tmp_path / "beats.csv"))) == kept
    assert "paced: 50 % of its beats are paced; left out" in caplog.text
    with pytest.raises(DataError, match="no recording is left: all of them are paced"):
        write_beats([records["paced"]], tmp_path / "beats.csv", None, CutOptions(without_paced=True))


def test_whether_it_is_paced_is_not_known_without_annotations(tmp_path, caplog):
    write_beats(write_recording(tmp_path, "r")[0], tmp_path / "beats.csv", None, CutOptions(without_paced=True))
    assert "r: not annotated, so it is unknown whether it is paced; it is kept" in caplog.text


def test_a_recording_that_cannot_be_read_stops_before_anything_is_written(tmp_path, capsys, caplog):
    good = write_recording(tmp_path / "in", "good", "N")[0]
    bad = tmp_path / "in" / "bad.edf"
    bad.write_text("not EDF")
    out = tmp_path / "beats.csv"
    assert main(["beats", str(good), str(bad), "--out", str(out)]) == 1
    assert "bad.edf: not an EDF or BDF file" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["in"]
    assert main(["beats", str(good), str(bad), "--out", str(out), "--skip-unreadable"]) == 0
    assert set(Counter(row["record"] for row in read(out))) == {"good"}
    assert f"left out: {bad}: not an EDF or BDF file" in caplog.text
    assert main(["beats", str(bad), "--out", str(out), "--skip-unreadable"]) == 1


def test_some_annotated_and_some_not_are_refused(tmp_path):
    records = [write_recording(tmp_path, "a", "N")[0], write_recording(tmp_path, "b")[0]]
    with pytest.raises(DataError, match="only some of the recordings are annotated; cut them separately, or give"):
        write_beats(records, tmp_path / "beats.csv", None, CutOptions())
    write_beats(records, tmp_path / "beats.csv", None, CutOptions(annotations="none"))


def test_rare_labels_are_counted_over_all_recordings(tmp_path, caplog):
    records = [
        write_recording(tmp_path, name, symbols, 1)[0] for name, symbols in (("a", 18 * "N" + "AV"), ("b", "NNNA"))
    ]
    write_beats(records, tmp_path / "beats.csv", None, CutOptions())
    labels = Counter(row["label"] for row in read(tmp_path / "beats.csv"))
    assert set(labels) == {"0", "1"}
    assert "label 2 has 1 beats, fewer than the 3 that training needs" in caplog.text
    with pytest.raises(DataError, match="no label has 1000 beats; --at-least 1 keeps them"):
        write_beats(records, tmp_path / "beats.csv", None, CutOptions(at_least=1000))


def test_annotations_of_one_lead_can_be_chosen(tmp_path):
    record, beats = write_recording(tmp_path, "1", "N")
    shutil.move(tmp_path / "1.atr", tmp_path / "1.ii")
    write_beats(record, tmp_path / "beats.csv", None, CutOptions(annotations="ii"))
    assert [row["label"] for row in read(tmp_path / "beats.csv")] == ["0"] * beats
    write_beats(record, tmp_path / "beats.csv", None, CutOptions())
    assert "label" not in read(tmp_path / "beats.csv")[0]


def test_annotations_after_the_end_are_left_out_with_a_warning(tmp_path, caplog):
    record, beats = write_recording(tmp_path, "r", "N")
    (tmp_path / "r.dat").write_bytes((tmp_path / "r.dat").read_bytes()[: 2 * 15 * RATE])
    write_beats(record, tmp_path / "beats.csv", None, CutOptions())
    assert 0 < len(read(tmp_path / "beats.csv")) < beats
    assert "annotated beats are outside the recording and are left out" in caplog.text


@pytest.fixture(scope="module")
def recordings(real_data, tmp_path_factory):
    unpacked = tmp_path_factory.mktemp("recordings")
    with tarfile.open(real_data / "recordings.tar.xz") as archive:
        archive.extractall(unpacked, filter="data")
    return unpacked / "recordings"


@pytest.mark.parametrize(
    ("name", "channel", "annotations", "lead", "beats"),
    [
        ("1", "ii", "ii", "ii at 500 Hz", 5),
        ("1", "v1", "v1", "v1 at 500 Hz", 5),
        ("r01.edf", None, "qrs", "Direct_1 at 1000 Hz", 643),
        ("118e06", None, None, "MLII at 360 Hz", 2277),
    ],
)
def test_recordings_of_other_databases(recordings, tmp_path, name, channel, annotations, lead, beats):
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    out = tmp_path / "beats.csv"
    assert (
        write_beats(recordings / name, out, None, CutOptions(channel=channel, annotations=annotations, at_least=1))
        == beats
    )
    assert f"lead {lead}; labels by AAMI EC57" in out.read_text().splitlines()[0]


RECORDS = ("104", "107", "217", "118")


@pytest.fixture(scope="module")
def mitdb(real_data, tmp_path_factory):
    """A folder with the available records, unpacked or from the archive."""
    folder = real_data / "mitdb"
    if all((folder / f"{name}.hea").is_file() for name in RECORDS):
        return folder
    unpacked = tmp_path_factory.mktemp("mitdb")
    with tarfile.open(real_data / "mitdb.tar.xz") as archive:
        for member in archive:
            if Path(member.name).stem in RECORDS:
                archive.extract(member, unpacked, filter="data")
    return unpacked / "mitdb"


@pytest.mark.parametrize("name", RECORDS)
def test_beats_of_paced_records_lie_at_their_annotations(mitdb, tmp_path, name):
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    record = mitdb / name
    if not record.with_suffix(".hea").is_file():
        pytest.skip(f"record {name} is not here")
    annotated = wfdb.rdann(str(record), "atr")
    beats = np.array([s for s, symbol in zip(annotated.sample, annotated.symbol, strict=True) if symbol in CLASS_OF])
    write_beats(record, tmp_path / "beats.csv", tmp_path / "positions.csv", CutOptions(at_least=1))
    places = np.array([int(row["sample"]) for row in read(tmp_path / "positions.csv")])
    assert np.abs(places[:, None] - beats).min(axis=1).max() <= 0.05 * 360
    assert len(places) >= 0.95 * len(beats)
