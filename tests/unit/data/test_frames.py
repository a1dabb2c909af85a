"""pandas frames: reading tables, cutting recordings, predicting beats, and the README's example."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import data
from data.client.in_flight import IN_FLIGHT
from data.errors import DataError
from data.recordings.cut import PEAK_LENGTH, PEAK_WINDOW, RHYTHM, Cut
from data.sources.generate import Recipe, generate
from tests.support.beats.recordings import heartbeats, strip, write_table
from tests.support.gateway.fake_gateway import error, running

ROOT = Path(__file__).parents[3]
FRAME = pd.DataFrame({"F1": [1.0, -1.0, 2.5], "F2": [0.5, 0.25, -4.0]}, index=["a", "b", "c"])
BEATS = [(1.0, 0.5), (-1.0, 0.25), (2.5, -4.0)]


@pytest.fixture
def recording(tmp_path) -> Path:
    peaks = heartbeats(250, 30)
    return write_table(tmp_path / "recording.csv", 250, {"ECG": strip(peaks, 250, 30 * 250)})


def test_nothing_is_loaded_before_it_is_used():
    program = "import data, sys; print({'pandas', 'numpy', 'requests'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
    with pytest.raises(AttributeError, match="no attribute 'write'"):
        data.write  # type: ignore[attr-defined]  # noqa: B018


def test_a_table_is_a_frame_of_float32_and_its_label(write):
    frame = data.read(str(write("# made up\nlabel,one,two\n1,0.1,-2\n0,3,1e-3\n")))
    expected = pd.DataFrame({"one": [0.1, 3], "two": [-2, 1e-3]}, dtype=np.float32).assign(label=[1, 0])
    pd.testing.assert_frame_equal(frame, expected)
    assert frame.attrs == {"source": "beats.csv", "note": "made up"}


def test_text_labels_are_a_categorical_and_a_group_is_a_column(write):
    file = write("patient,one,two,kind\nx,0.5,1,V\ny,1.5,2,N\ny,2.5,3,V\nx,0.5,7,N\n")
    frame = data.read(file, "kind", group="patient", classes=["N", "V"])
    assert list(frame.columns) == ["one", "two", "label", "group"]
    assert list(frame["label"]) == ["V", "N", "V", "N"]
    assert list(frame["label"].cat.codes) == [1, 0, 1, 0]
    assert list(frame["group"]) == ["x", "y", "y", "x"]


def test_errors_in_a_table_are_those_of_the_reader(write):
    with pytest.raises(DataError, match=r"beats\.csv, line 4, column 1 \(one\): 'x' where a number is expected"):
        data.read(write("one,label\n0.5,1\n2,0\nx,1\n"), "last")
    with pytest.raises(
        DataError, match=r"column 1 \(label\) is also named like a label; leave it out with --drop label"
    ):
        data.read(write("label,class\n0.5,1\n"), "class")


def test_a_recording_is_a_frame_of_beats_with_their_places(recording):
    frame = data.beats(recording, 32)
    assert list(frame.columns) == [f"F{number}" for number in range(1, 33)]
    assert set(frame.dtypes) == {np.dtype(np.float32)}
    assert frame.index.names == ["sample", "seconds"]
    found = frame.index.get_level_values("sample")
    assert np.abs(np.subtract.outer(found, heartbeats(250, 30))).min(axis=1).max() <= 1  # sample
    assert len(found) == len(heartbeats(250, 30)) - 1
    np.testing.assert_allclose(frame.index.get_level_values("seconds"), found / 250, atol=0.001)
    assert "lead ECG at 250 Hz" in frame.attrs["note"]


def test_beats_has_the_options_of_the_command(recording):
    turned = data.beats(recording, 32, invert=True, channel="0")
    np.testing.assert_array_equal(turned, -data.beats(recording, 32))
    with pytest.raises(DataError, match="no channel 'V9'"):
        data.beats(recording, channel="V9")


def test_the_rhythm_and_the_window_are_columns(recording):
    frame = data.beats(recording, window="peak", rhythm=True)
    assert tuple(frame.columns) == (*Cut(PEAK_LENGTH, PEAK_WINDOW).names, *RHYTHM)
    assert len(frame) == len(heartbeats(250, 30))
    with pytest.raises(DataError, match="the window must be beat or peak, not qrs"):
        data.beats(recording, window="qrs")


def test_of_several_recordings_each_beat_has_its_record(recording):
    folder = recording.parent / "several"
    folder.mkdir()
    for name in ("01", "NA"):
        (folder / f"{name}.csv").write_bytes(recording.read_bytes())
    frame, alone = data.beats(folder, 32), data.beats(recording, 32)
    assert frame.index.names == ["record", "sample", "seconds"]
    assert list(frame.columns) == [*alone.columns, "group"]
    assert frame["group"].tolist() == len(alone) * ["01"] + len(alone) * ["NA"]
    assert frame.index.get_level_values("record").tolist() == frame["group"].tolist()
    np.testing.assert_array_equal(frame.iloc[len(alone) :, :32], alone)


def test_an_annotated_record_has_labels(real_data):
    frame = data.beats(real_data / "mitdb" / "100")
    assert frame["label"].dtype == np.int64
    assert set(frame["label"]) == {0, 1, 2}


def test_answers_stand_under_the_frames_index(gateway):
    answers = data.predict(FRAME, gateway.url, batch=2)
    expected = pd.DataFrame(
        {"predicted_class": [1, 0, 1], "probability": 0.75, "model_version": 3}, index=["a", "b", "c"]
    )
    pd.testing.assert_frame_equal(answers, expected)
    assert sorted(gateway.beats) == sorted(BEATS)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME[["F2", "F1"]],
        FRAME.assign(label=[1, 0, 1], group="someone"),
        FRAME.set_axis(["one", "two"], axis=1),
        FRAME.set_axis([0, 1], axis=1).assign(label="N"),
        FRAME.astype("Float64"),
        FRAME.astype(np.float32),
    ],
    ids=["another order", "label and group", "other names", "numbers for names", "nullable", "float32"],
)
def test_the_values_are_found_among_the_columns(gateway, frame):
    assert data.predict(frame, gateway.url)["predicted_class"].tolist() == [1, 0, 1]
    assert gateway.beats == BEATS


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (FRAME.assign(F3=1), r"has 3 columns of values, .* expects 2 \(missing: none; not in the model: F3\)"),
        (FRAME.rename(columns={"F1": "F3"}), r"has 2 columns .*\(missing: F1; not in the model: F3\)"),
        (FRAME[["F1"]].set_axis(["x"], axis=1), r"has 1 columns .*\(missing: F1, F2; not in the model: x\)"),
        (FRAME.set_axis(["F1", "F1"], axis=1), "has several columns named F1; give each its own name"),
        (FRAME.assign(F2=["x", "y", "z"]), "column F2 has the type object, but must be numeric"),
        (FRAME.assign(F2=[0, np.nan, 1]), "row b, column F2: nan is not a finite float32"),
        (FRAME.assign(F1=[0, 1, 1e39]), r"row c, column F1: 1e\+39 is not a finite float32"),
        (FRAME.astype("Float64").shift(), "row a, column F1: <NA> is not a finite float32"),
    ],
    ids=["too many", "one unknown", "too few", "doubled", "text", "NaN", "too large", "NA"],
)
def test_a_frame_that_does_not_fit_is_refused(gateway, frame, said):
    with pytest.raises(DataError, match=said):
        data.predict(frame, gateway.url)
    assert gateway.paths == ["/model"]


def test_a_model_without_names_takes_the_columns_as_they_stand(gateway):
    gateway.served["features"]["names"] = None
    assert data.predict(FRAME, gateway.url)["predicted_class"].tolist() == [1, 0, 1]
    with pytest.raises(DataError, match=r"has 1 columns of values, but version 3 expects 2; keep only"):
        data.predict(FRAME[["F1"]], gateway.url)


def test_details_are_columns_with_types(gateway):
    answers = data.predict(FRAME, gateway.url, details=True)
    assert answers["probability_0"].tolist() == [0.25, 0.75, 0.25]
    assert answers["unusual"].dtype == np.bool_
    assert answers["unusual_score"].tolist() == [0.2, 0.2, 0.5]
    assert "class_name" not in answers


def test_names_of_classes_come_with_the_details(gateway):
    said = {"predicted_class": 2, "class_name": "V", "probability": 1, "abstain": False, "unusual": False}
    prediction: dict[str, Any] = {**said, "unusual_score": 0, "probabilities": {"0": 0}}
    gateway.replies = [(200, {"predictions": 3 * [prediction]}, {"X-Model-Version": "3"})]
    answers = data.predict(FRAME, gateway.url, details=True)
    assert answers["class_name"].tolist() == ["V", "V", "V"]
    assert answers["probability_1"].isna().all()  # a class that the version which answered does not have


def test_a_frame_without_rows_has_answers_without_rows(gateway):
    answers = data.predict(FRAME.iloc[:0], gateway.url)
    assert answers.empty
    assert list(answers.dtypes) == [np.int64, np.float64, np.int64]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (error(400, "invalid_request", instance=1), "^row b: the gateway answers 400: scripted"),
        (error(401, "unauthorized", "No key"), "^rows a to c: .* No key; .* in Python key="),
        (error(413, "too_many_beats", "Too many"), "^rows a to c: .* Too many; .* in Python batch="),
    ],
    ids=["a beat", "key", "batch"],
)
def test_the_gateways_errors_name_the_rows(gateway, reply, said):
    gateway.replies = [reply]
    with pytest.raises(DataError, match=said):
        data.predict(FRAME, gateway.url)


def test_a_key_is_sent_only_to_the_gateway(gateway):
    data.predict(FRAME, gateway.url, "secret")
    assert {each["Authorization"] for each in gateway.headers} == {"Bearer secret"}
    for key in ("", "sec\nret", "secrét"):
        with pytest.raises(DataError, match="the API key") as caught:
            data.predict(FRAME, gateway.url, key)
        assert "sec" not in str(caught.value)


def test_an_empty_batch_and_a_silent_gateway_are_errors(gateway):
    with pytest.raises(DataError, match="batch=0: give 1 or more"):
        data.predict(FRAME, gateway.url, batch=0)
    over = threading.Event()

    def hang(number: int) -> None:
        assert over.wait(30)

    gateway.before = hang
    try:
        with pytest.raises(DataError, match=r"no answer \(timed out\), for 0.2 s$"):
            data.predict(FRAME, gateway.url, timeout=0.2)
    finally:
        over.set()


def test_ctrl_c_ends_a_prediction_though_answers_are_awaited(gateway):
    # when as many are asked as may be in flight, the caller's thread does nothing but wait
    asked, over = threading.Barrier(IN_FLIGHT + 1), threading.Event()

    def hang(number: int) -> None:
        asked.wait(60)
        assert over.wait(60)

    gateway.before = hang
    program = f"import data, pandas; data.predict(pandas.DataFrame([[1, 2]] * 9), {gateway.url!r}, batch=1)"
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        try:
            asked.wait(60)
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=30)[1].endswith("KeyboardInterrupt\n")
        finally:
            over.set()
    assert process.returncode == -signal.SIGINT


def test_the_example_for_people_runs(recording, monkeypatch):
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "data" / "README.md").read_text(), re.DOTALL)
    generate(recording.with_name("ecg.csv"), Recipe(beats=120))
    monkeypatch.chdir(recording.parent)
    assert "http://127.0.0.1:5000/" in example
    names: dict[str, Any] = {}
    with running(width=140) as gateway:
        exec(example.replace("http://127.0.0.1:5000/", gateway.url), names)
    assert len(gateway.beats) == len(names["beats"]) + 100
    assert set(names["unusual"].index) <= set(names["beats"].index)
    assert names["accuracy"] == np.mean([(beat[0] > 0) for beat in gateway.beats[-100:]] == names["sample"]["label"])
    assert sorted(os.listdir()) == ["ecg.csv", "recording.csv"]
