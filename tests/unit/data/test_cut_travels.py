"""The column names keep the cut of beats in frames, training and the gateway."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import data
from data.client.predict import Job, predict
from data.errors import DataError
from data.recordings.cut import LIKENESS, PEAK_WINDOW, RHYTHM, Cut, cut_of
from data.recordings.cut_options import CutOptions
from data.recordings.segmentation import write_beats
from data.tables.reader import read_beats
from tests.support.beats.recordings import heartbeats, strip, write_table

RATE = 250
BESIDE = RHYTHM + LIKENESS
CUT = Cut(30, PEAK_WINDOW, "mV", BESIDE)


@pytest.fixture
def recordings(tmp_path):
    """Two recordings in one folder."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    for seed in (1, 2):
        lead = strip(heartbeats(RATE, 20, seed), RATE, 20 * RATE)
        write_table(folder / f"{seed}.csv", RATE, {"ECG [mV]": lead})
    return folder


def framed(recordings: Path) -> pd.DataFrame:
    return data.beats(recordings, 30, window="peak", scale="mV", rhythm=True, likeness=True)


@pytest.fixture
def beats(recordings, tmp_path):
    write_beats(recordings, tmp_path / "beats.csv", None, CutOptions(CUT))
    return tmp_path / "beats.csv"


def test_a_file_for_training_has_the_ratios_as_values(beats, tmp_path):
    note, header, *rows = beats.read_text().splitlines()
    labelled = tmp_path / "labelled.csv"
    lines = [f"{row},{number % 2}" for number, row in enumerate(rows)]
    labelled.write_text("\n".join([note, f"{header},label", *lines]))
    found = read_beats(labelled)
    assert cut_of(found.feature_names, len(found.feature_names)) == CUT
    assert found.groups is not None
    assert set(found.groups.tolist()) == {"1", "2"}
    assert found.note is not None
    assert "with RR intervals" in found.note


def test_a_frame_without_the_note_keeps_the_cut(recordings, tmp_path):
    frame = framed(recordings)
    frame.assign(label=np.arange(len(frame)) % 2).to_csv(tmp_path / "again.csv", index=False)
    names = read_beats(tmp_path / "again.csv").feature_names
    assert cut_of(names, len(names)) == CUT


def test_the_ratios_are_sent_under_their_names_in_any_order(gateway, recordings, beats, tmp_path):
    gateway.served["features"] = {"count": 38, "names": [*BESIDE, *CUT.names[:30]]}
    with predict(Job(beats, gateway.url, tmp_path / "predictions.csv")).open() as file:
        answers = list(csv.DictReader(file))
    sent = data.predict(framed(recordings), gateway.url)
    rows = np.loadtxt(beats, delimiter=",", skiprows=2)[:, 1:]
    assert len(answers) == len(sent) == len(rows)
    for half in (gateway.beats[: len(rows)], gateway.beats[len(rows) :]):
        np.testing.assert_allclose(half, np.roll(rows, 8, axis=1), atol=1e-4)


@pytest.mark.parametrize(
    "served", [Cut(38), Cut(30, (-300.0, 450.0), "mV", BESIDE), Cut(38, scale="mV")], ids=["F", "ms", "mV"]
)
def test_beats_of_another_cut_are_not_predicted(gateway, beats, recordings, tmp_path, served):
    gateway.served["features"] = {"count": 38, "names": list(served.names)}
    message = f"mV-250ms to like_qrs, but version 3 expects {served.names[0]} to"
    with pytest.raises(DataError, match=message):
        predict(Job(beats, gateway.url, tmp_path / "predictions.csv"))
    with pytest.raises(DataError, match=message):
        data.predict(framed(recordings), gateway.url)
    assert gateway.beats == []
