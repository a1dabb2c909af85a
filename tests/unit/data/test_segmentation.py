"""Cutting recordings of all formats into files of beats."""

import os
from collections import Counter

import numpy as np
import pytest

from data.__main__ import main
from data.errors import DataError
from data.recordings.annotations import read_annotations
from data.recordings.cut import PEAK_WINDOW, RHYTHM, Cut
from data.recordings.cut_options import CutOptions
from data.recordings.lead import read_lead
from data.recordings.library import load
from data.recordings.peaks import find_peaks
from data.recordings.segmentation import write_beats
from data.recordings.windows import cut_beats
from data.tables.reader import read_beats
from tests.support.beats.recordings import heartbeats, strip, write_edf, write_table
from tests.support.gateway.fake_gateway import running
from training.dataset.classes import Naming, choose

RATE = 250
RECORD_BEATS = heartbeats(RATE, 60)


@pytest.fixture
def leads():
    samples = strip(RECORD_BEATS, RATE, 60 * RATE)
    return {"resp": np.zeros_like(samples), "ECG II": samples}


@pytest.fixture
def table(tmp_path, leads):
    return write_table(tmp_path / "strip.csv", RATE, leads)


def test_a_row_for_each_beat_and_its_place(tmp_path, table):
    out, positions = tmp_path / "new" / "beats.csv", tmp_path / "positions.csv"
    rows = write_beats(table, out, positions, CutOptions(Cut(90)))
    lines = out.read_text().splitlines()
    assert lines[0] == "# cut from a recording by python -m data beats: lead ECG II at 250 Hz"
    assert lines[1].split(",")[::89] == ["F1", "F90"]
    beats = np.loadtxt(out, delimiter=",", skiprows=2)
    assert beats.shape == (rows, 90) == (len(RECORD_BEATS) - 1, 90)
    np.testing.assert_allclose(beats.std(axis=1, ddof=1), 1, atol=1e-4)
    assert positions.read_text().startswith("sample,seconds,row\n")
    places = np.loadtxt(positions, delimiter=",", skiprows=1)
    np.testing.assert_allclose(places[:, 0], RECORD_BEATS[:-1], atol=1)
    np.testing.assert_allclose(places[:, 1], places[:, 0] / RATE, atol=1e-3)
    assert places[:, 2].tolist() == list(range(1, rows + 1))
    assert sorted(os.listdir(tmp_path)) == ["new", "positions.csv", "strip.csv"]


def test_the_rhythm_stands_behind_the_trace_and_the_note_says_how_it_was_cut(tmp_path, leads):
    table = write_table(tmp_path / "strip.csv", RATE, {"ECG [uV]": 1000 * leads["ECG II"]})
    out, positions = tmp_path / "beats.csv", tmp_path / "positions.csv"
    options = ["--window", "peak", "--scale", "mV", "--rhythm", "--likeness", "--length", "71"]
    assert main(["beats", str(table), "--out", str(out), "--positions", str(positions), *options]) == 0
    note, header, *rows = out.read_text().splitlines()
    assert note == (
        "# cut from a recording by python -m data beats: lead ECG at 250 Hz; window from -250 to 450 ms of the R peak; "
        "in mV less the beat's median; with RR intervals; with the likeness to the recording's usual beat"
    )
    assert header.split(",") == list(Cut.chosen(71, "peak", "mV", True, True).names)
    assert len(rows) == len(RECORD_BEATS)  # the last one too
    beats = np.array([row.split(",") for row in rows], float)
    np.testing.assert_allclose(np.median(beats[:, :71], axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(np.ptp(beats[:, :71], axis=1), 1.15, atol=0.1)  # from S to R, in mV
    intervals = np.diff(np.loadtxt(positions, delimiter=",", skiprows=1)[:, 0])
    np.testing.assert_allclose(beats[1:-1, 75], intervals[:-1] / intervals[1:], atol=1e-4)
    assert (beats[:, 77:] > 0.95).all()  # all beats are alike


def test_there_are_no_millivolts_without_a_voltage(tmp_path, table):
    with pytest.raises(DataError, match=r"strip\.csv: ECG II has no unit; beats in mV need a lead in V, mV, µV or nV"):
        write_beats(table, tmp_path / "beats.csv", None, CutOptions(Cut(scale="mV")))
    assert os.listdir(tmp_path) == ["strip.csv"]


def test_an_inverted_lead_is_cut_like_the_original(tmp_path, leads, table):
    write_beats(table, tmp_path / "a.csv", None, CutOptions())
    turned = write_table(tmp_path / "turned.csv", RATE, {"ECG": -leads["ECG II"]})
    write_beats(turned, tmp_path / "b.csv", None, CutOptions(invert=True))
    upright, turned_back = (np.loadtxt(tmp_path / name, delimiter=",", skiprows=2) for name in ("a.csv", "b.csv"))
    np.testing.assert_array_equal(upright, turned_back)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"channel": "resp"}, r"strip\.csv: no heartbeat found in resp; try another --channel"),
        ({"channel": "V9"}, r"no channel 'V9'; its channels are 0 resp, 1 ECG II"),
        ({"channel": "2"}, "no channel '2'"),
        ({"rate": 39}, r"strip\.csv: 39 samples per second, but an ECG needs 40 to 100000"),
        ({"rate": float("nan")}, "nan samples per second"),
        ({"annotations": "atr"}, r"strip\.csv\.atr: no such annotation file"),
    ],
)
def test_a_failed_cut_is_an_error_and_leaves_no_files(tmp_path, table, options, message):
    with pytest.raises(DataError, match=message):
        write_beats(table, tmp_path / "beats.csv", tmp_path / "positions.csv", CutOptions(**options))
    assert os.listdir(tmp_path) == ["strip.csv"]


def test_inputs_and_other_outputs_are_not_overwritten(tmp_path, table):
    content, out = table.read_bytes(), tmp_path / "beats.csv"
    for places, message in [
        ((table, None), r"strip\.csv: is an input file; give another --out"),
        ((out, table), r"strip\.csv: is an input file; give another --positions"),
        ((out, out), r"beats\.csv: is already the file of --out; give another --positions"),
    ]:
        with pytest.raises(DataError, match=message):
            write_beats(table, *places, CutOptions())
    assert table.read_bytes() == content
    assert os.listdir(tmp_path) == ["strip.csv"]


@pytest.mark.parametrize("name", ["all.hea", "all.atr", "part.hea", "signals"])
def test_no_file_of_a_record_is_written(tmp_path, name):
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    (tmp_path / "all.hea").write_text("all/1 1 250 100\npart 100\n")
    (tmp_path / "part.hea").write_text("part 1 250 100\nsignals 16 200 11 0 0 0 0 II\n")
    with pytest.raises(DataError, match=f"{name}: is an input file; give another --out"):
        write_beats(tmp_path / "all", tmp_path / name, None, CutOptions())
    assert sorted(os.listdir(tmp_path)) == ["all.hea", "part.hea"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "no such recording; give a CSV or EDF file, or a WFDB record such as folder/100"),
        ("picture.png", b"x", "not a recording; its name must end in"),
        ("all.edf.gz", b"x", "packed; unpack it"),
        ("record.zip", b"x", "packed; unpack it"),
        ("cut.edf", b"0" + b" " * 300, "cannot be read as EDF file"),
        ("bad.hea", b"bad 1 250 100\nbad.dat 212 200 11 1024 995 0 0 MLII\n", "cannot be read as WFDB record"),
        ("worse.hea", b"what\n", "cannot be read as WFDB record"),
    ],
)
def test_a_file_that_is_not_a_recording(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_lead(path)


def test_a_beat_has_two_values_or_more():
    with pytest.raises(DataError, match="--length must be at least 2, not 1"):
        Cut(1)


def test_the_command_prints_the_error(tmp_path, capsys):
    assert main(["beats", str(tmp_path / "none.csv")]) == 1
    assert "error: " in capsys.readouterr().err


def test_the_command_writes_beats(tmp_path, table, capsys):
    out = tmp_path / "beats.csv"
    assert main(["beats", str(table), "--out", str(out), "--length", "30"]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert len(out.read_text().splitlines()) == len(RECORD_BEATS) - 1 + 2


@pytest.mark.parametrize(
    "cut",
    [Cut(33), Cut(33, PEAK_WINDOW, "mV", RHYTHM), Cut(20, (-300.0, 500.0), beside=("rr_previous_next", "rr_previous"))],
    ids=["plain", "all", "other"],
)
def test_beats_are_cut_as_the_served_model_takes_them(tmp_path, leads, cut):
    table = write_table(tmp_path / "strip.csv", RATE, {"ECG [mV]": leads["ECG II"]})
    out, key = tmp_path / "beats.csv", tmp_path / "key"
    key.write_text("ecg_key\n")
    with running() as gateway:
        gateway.served["features"] = {"count": len(cut.names), "names": list(cut.names)}
        assert main(["beats", str(table), "--out", str(out), "--url", gateway.url, "--key-file", str(key)]) == 0
    assert gateway.headers[0]["Authorization"] == "Bearer ecg_key"
    assert out.read_text().splitlines()[1] == ",".join(cut.names)


def test_a_model_of_something_else_is_not_cut_for(tmp_path, table, capsys):
    with running() as gateway:
        gateway.served["features"] = {"count": 3, "names": ["F1", "F2", "age"]}
        assert main(["beats", str(table), "--out", str(tmp_path / "beats.csv"), "--url", gateway.url]) == 1
    assert "the features of this model cannot be cut from a recording (F1, F2, age)" in capsys.readouterr().err
    assert os.listdir(tmp_path) == ["strip.csv"]


def test_a_library_that_is_missing_is_named(tmp_path):
    with pytest.raises(DataError, match=r"needs the Python package no_such_library; pip install no_such_library"):
        load("no_such_library", tmp_path / "strip.edf")


def annotate(recording, samples, symbols, rate=None):
    """Write annotations beside a recording, as strip.csv.atr of strip.csv."""
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    wfdb.wrann("strip", "atr", np.asarray(samples), list(symbols), fs=rate, write_dir=str(recording.parent))
    (recording.parent / "strip.atr").rename(recording.with_name(f"{recording.name}.atr"))


@pytest.mark.parametrize(
    ("labels", "counts"),
    [
        ("aami", {"0": 61, "1": 4}),
        ("binary", {"0": 7, "1": 61}),
        ("symbols", {"L": 61, "A": 4}),
    ],
)
def test_labels_come_from_the_annotations(tmp_path, table, caplog, labels, counts):
    symbols = np.full(len(RECORD_BEATS), "L")
    symbols[5:45:10], symbols[50], symbols[[8, 9]] = "A", "E", "F"
    symbols[-1] = "F"  # the last beat is not whole
    annotate(table, RECORD_BEATS + 3, symbols, RATE)
    write_beats(table, tmp_path / "beats.csv", None, CutOptions(labels=labels))
    header, *rows = (tmp_path / "beats.csv").read_text().splitlines()[1:]
    assert header.endswith(",F140,label")
    assert Counter(row.rsplit(",", 1)[1] for row in rows) == counts
    for rare in ("has 1 beats, fewer than the 3 that training needs", "has 2 beats, fewer than the 3"):
        assert (rare in caplog.text) == (labels != "binary")


def test_beats_are_cut_at_their_annotations_moved_to_the_deflection(tmp_path, table):
    annotated = np.delete(RECORD_BEATS, 20)
    annotate(table, annotated + np.tile([-6, 0, 9], 40)[: len(annotated)], "N" * len(annotated), RATE)
    write_beats(table, tmp_path / "beats.csv", tmp_path / "positions.csv", CutOptions())
    places = np.loadtxt(tmp_path / "positions.csv", delimiter=",", skiprows=1)[:, 0]
    assert places.tolist() == annotated[:-1].tolist()


def test_a_beat_annotated_in_two_leads_has_one_row(tmp_path, table, caplog):
    both = np.ravel(np.column_stack([RECORD_BEATS, RECORD_BEATS + 4]))
    annotate(table, both, ["N", "V"] * len(RECORD_BEATS), RATE)
    write_beats(table, tmp_path / "beats.csv", tmp_path / "positions.csv", CutOptions())
    assert read_beats(tmp_path / "beats.csv").labels.tolist() == [0] * (len(RECORD_BEATS) - 1)
    places = np.loadtxt(tmp_path / "positions.csv", delimiter=",", skiprows=1)[:, 0]
    assert places.tolist() == RECORD_BEATS[:-1].tolist()
    assert f"{len(RECORD_BEATS)} beats are annotated twice within 50 ms" in caplog.text


def test_annotations_are_matched_at_their_own_rate(tmp_path, table):
    symbols = ["N", "A"] * (len(RECORD_BEATS) // 2) + ["N"] * (len(RECORD_BEATS) % 2)
    annotate(table, RECORD_BEATS * 4, symbols, 4 * RATE)
    write_beats(table, tmp_path / "beats.csv", None, CutOptions())
    assert read_beats(tmp_path / "beats.csv").labels.tolist() == [int(symbol == "A") for symbol in symbols[:-1]]


@pytest.mark.parametrize(
    ("places", "symbols", "message"),
    [
        ([100, 900], ["+", "~"], "none of its 2 annotations is a beat"),
        ([14_900, 14_990], ["N", "N"], "no detected peak is at an annotated beat"),
    ],
)
def test_annotations_of_something_else_are_refused(tmp_path, table, places, symbols, message):
    annotate(table, places, symbols, RATE)
    with pytest.raises(DataError, match=message):
        write_beats(table, tmp_path / "beats.csv", None, CutOptions())


@pytest.fixture(scope="module")
def record(real_data):
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    return real_data / "mitdb" / "100"


@pytest.mark.parametrize("channel", ["MLII", "V5"])
def test_the_peaks_of_record_100_are_the_annotated_beats(record, tmp_path, caplog, channel):
    caplog.set_level("INFO")
    write_beats(record, tmp_path / "beats.csv", None, CutOptions(channel=channel))
    agreement = next(message for message in caplog.messages if "agree within 50 ms" in message)
    found, right = (float(words.split()[-1]) for words in agreement.split(" %")[:2])
    assert found >= 99
    assert right >= 99


def test_the_beats_of_record_100_can_be_trained_on(record, tmp_path):
    write_beats(record, tmp_path / "beats.csv", None, CutOptions())
    beats = read_beats(tmp_path / "beats.csv")
    assert choose(beats.source, beats.labels, Naming({}), 3).tolist() == [0, 1]
    assert np.unique(beats.labels, return_counts=True)[1].tolist() == pytest.approx([2237, 33], abs=3)


def test_one_recording_has_the_same_beats_in_each_format(record, tmp_path):
    pytest.importorskip("pyedflib", reason="the package pyedflib is not installed")
    original = read_lead(record)
    both = {name: np.array(read_lead(record, name).samples) for name in ("MLII", "V5")}
    twins = [write_table(tmp_path / "100.csv", 360, both), write_edf(tmp_path / "100.edf", 360, both)]
    peaks = find_peaks(original.samples, 360)
    beats = [values for _, values in cut_beats(original.samples, 360, peaks, Cut())]
    for twin in twins:
        lead = read_lead(twin, "MLII")
        assert (lead.name, lead.rate) == ("MLII", 360)
        np.testing.assert_allclose(lead.samples[: len(original.samples)], original.samples, atol=1e-5)
        found = find_peaks(lead.samples[: len(original.samples)], 360)
        np.testing.assert_array_equal(found, peaks)
        same = [values for _, values in cut_beats(lead.samples, 360, peaks, Cut())]
        np.testing.assert_allclose(same, beats, atol=1e-3)


def test_the_classes_of_record_100_match_its_annotations(record):
    annotated = read_annotations(record, None)
    assert annotated is not None
    assert Counter(annotated.labels("aami")) == {"0": 2239, "1": 33, "2": 1}
