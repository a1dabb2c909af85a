"""Predictions for a file of beats: order, temporary and final errors, and resuming."""

import csv
import gzip
import logging
import os
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from data.__main__ import main
from data.client.gateway import Gateway
from data.client.output import Output
from data.client.predict import Job, predict
from data.errors import DataError
from tests.support.gateway.fake_gateway import GONE, FakeGateway, error, running

ROWS = [((-1) ** row * (row + 1.0), row + 0.5) for row in range(50)]
PLAIN = "".join(f"{one},{two}\n" for one, two in ROWS)
LABELLED = "F1,F2,label\n" + "".join(f"{one},{two},{int(one > 0)}\n" for one, two in ROWS)
Run = Callable[..., list[dict[str, str]]]


@pytest.fixture
def job(gateway, write, tmp_path) -> Job:
    return Job(write(PLAIN), gateway.url, tmp_path / "out" / "predictions.csv", batch=4, timeout=5)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def predicted(job: Job) -> list[dict[str, str]]:
    """Run the job; return its rows after checking that no other file is left."""
    path = predict(job)
    assert os.listdir(path.parent) == [path.name]
    return read(path)


def rows_of(answers: list[dict[str, str]]) -> list[tuple[int, int]]:
    return [(int(each["row"]), int(each["predicted_class"])) for each in answers]


EXPECTED = [(row, int(beat[0] > 0)) for row, beat in enumerate(ROWS, 1)]


def test_predictions_come_in_the_order_of_the_file_with_the_version_that_gave_them(gateway, job):
    overtaken = threading.Event()

    def first_last(number: int) -> None:
        if number:
            overtaken.set()
        assert overtaken.wait(10)

    gateway.before = first_last
    answers = predicted(job)
    assert rows_of(answers) == EXPECTED
    assert {(each["probability"], each["model_version"]) for each in answers} == {("0.75", "3")}
    assert sorted(gateway.beats) == sorted(ROWS)


@pytest.mark.parametrize("batch", [1, 7, 50, 1000])
def test_any_size_of_batch_gives_the_same(job, batch):
    assert rows_of(predicted(replace(job, batch=batch))) == EXPECTED


@pytest.mark.parametrize(
    ("content", "label"),
    [
        (LABELLED, None),
        ("# a note\n\n" + LABELLED.replace(",", "\t"), None),
        (gzip.compress(LABELLED.encode()), "label"),
        ("".join(f"{int(one > 0)};{one};{two}\n\n" for one, two in ROWS), "first"),
        ("label,F2,F1\n" + "".join(f"{int(one > 0)},{two},{one}\n" for one, two in ROWS), None),
    ],
)
def test_labels_are_not_sent_and_tell_the_accuracy(gateway, job, write, caplog, content, label):
    caplog.set_level(logging.INFO)
    assert rows_of(predicted(replace(job, file=write(content), label=label))) == EXPECTED
    assert sorted(gateway.beats) == sorted(ROWS)
    assert "accuracy 1.0000 (50 of them predicted as labelled)" in caplog.text


def test_a_missing_file_is_an_error_before_the_gateway_is_waited_for(job, tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.csv: no such file"):
        predict(replace(job, file=tmp_path / "nowhere.csv", url="http://127.0.0.1:9/", timeout=0.1))


def test_rows_without_labels_have_no_accuracy(job, caplog):
    caplog.set_level(logging.INFO)
    predicted(job)
    assert "50 rows predicted (version 3: 50)" in caplog.text
    assert "accuracy" not in caplog.text


def test_details_are_columns(gateway, job):
    first = predicted(replace(job, details=True))[0]
    assert first == {
        "row": "1",
        "predicted_class": "1",
        "probability": "0.75",
        "model_version": "3",
        "abstain": "false",
        "unusual": "false",
        "unusual_score": "0.2",
        "probability_0": "0.25",
        "probability_1": "0.75",
    }
    assert gateway.paths[1] == "/predict?details=true"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("0.5,2,3,5\n", "4 columns, but version 3 expects 2; give 2 columns, or 3 with a label"),
        ("1,2\n1,x\n", "line 2, column 2: 'x' where a number is expected"),
        ("1,2\n1,1e39\n", "line 2, column 2: '1e39' is not a finite float32"),
        ("0.5,2\n1,2\n1\n", "line 3: 1 columns where 2 are expected"),
        ("", "empty; give a file with one beat per line"),
    ],
)
def test_errors_in_the_file_are_those_of_the_reader(job, write, content, message):
    with pytest.raises(DataError, match=message):
        predict(replace(job, file=write(content)))


def test_temporary_errors_are_retried(gateway, job):
    gateway.replies = [
        error(503, "model_not_ready"),
        GONE,
        error(504, "model_too_slow"),
        error(429, "too_many_requests"),
        (502, {}, {}),
    ]
    assert rows_of(predicted(job)) == EXPECTED


@pytest.mark.parametrize(
    "time", ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1))], ids=["seconds", "date"]
)
def test_a_retry_waits_for_retry_after(gateway, job, write, time):
    gateway.replies = [error(429, "too_many_requests", retry_after=time)]
    with pytest.raises(DataError, match="answers 429: scripted, for 5 s; run the same command again to resume"):
        predict(replace(job, file=write("0.5,2\n")))
    assert len(gateway.paths) == 2


@pytest.mark.parametrize("time", ["soon", "9" * 5000], ids=["word", "long"])
def test_an_invalid_retry_after_is_ignored(gateway, job, time):
    gateway.replies = [error(503, "model_not_ready", retry_after=time)]
    assert rows_of(predicted(job)) == EXPECTED


def test_an_answer_is_not_waited_for_when_the_time_is_over(gateway, job, write):
    over = threading.Event()

    def hang(number: int) -> None:
        assert over.wait(30)

    gateway.before = hang
    try:
        with pytest.raises(DataError, match=r"no answer \(timed out\), for 0.2 s"):
            predict(replace(job, file=write("0.5,2\n"), timeout=0.2))
    finally:
        over.set()


def test_beats_and_key_do_not_follow_to_another_host(gateway, job, write):
    with running() as other:
        gateway.replies = [(307, {}, {"Location": other.url})]
        with pytest.raises(DataError, match=f"answers 307: .*; give the address it redirects to: {other.url}"):
            predict(replace(job, key_file=write("secret", "key"), file=write("0.5,2\n")))
    assert other.paths == []


def test_the_proxy_of_the_environment_is_used(gateway, job, monkeypatch):
    monkeypatch.setenv("http_proxy", gateway.url)
    assert rows_of(predicted(replace(job, url="http://ecg.invalid/"))) == EXPECTED
    assert set(gateway.paths) == {"http://ecg.invalid/model", "http://ecg.invalid/predict"}


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            error(401, "unauthorized", "No key"),
            "answers 401: No key; give the API key with --key-file, in Python key=",
        ),
        (error(413, "too_many_beats", "Too many"), "answers 413: Too many; give a smaller --batch, in Python batch="),
        (error(400, "invalid_request", instance=2), "row 3, from line 5 on: the gateway answers 400: scripted"),
        (error(501, "not_supported", "Version 3 lacks it"), "answers 501: Version 3 lacks it"),
        (error(500, "internal_error"), "answers 500: scripted"),
        ((404, {}, {}), "answers 404: Not Found; is this the address of a gateway?"),
        ((200, {"predictions": []}, {"X-Model-Version": "3"}), "does not have 4 predictions; is this the address"),
        ((200, {}, {}), "does not have 4 predictions; is this the address"),
    ],
)
def test_final_errors_name_the_rows(gateway, job, write, reply, message):
    gateway.replies = [reply]
    job = replace(job, file=write("# note\nF1,F2\n" + PLAIN[: PLAIN.index("5.0")]))
    with pytest.raises(DataError, match=message) as caught:
        predict(job)
    if reply[0] not in (200, 400):
        assert "beats.csv, rows 1 to 4, from line 3 on: " in str(caught.value)
    assert not job.out.exists()


@pytest.mark.parametrize(
    ("names", "in_order"),
    [({"1": "V", "0": "N"}, ("N", "V")), ({"1": "V", "2": "S"}, None), (None, None)],
    ids=["from 0", "from 1", "none"],
)
def test_names_of_classes_are_known_where_they_stand_for_their_places(gateway, names, in_order):
    gateway.served["class_names"] = names
    assert Gateway(gateway.url, None, 5, logging.info).model().class_names == in_order


def test_an_address_without_a_gateway_is_an_error(gateway, job):
    gateway.served = {"swagger": "2.0"}
    with pytest.raises(DataError, match=r"/model does not list a model's features; is this the address of a gateway?"):
        predict(job)
    for url in (
        "nothing",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:port/",
        "http:///",
        "http://[::1",
        "http://127.0.0.1/ä",
        f"http://{'a' * 70}.invalid/",
        "http://a..b/",
    ):
        with pytest.raises(DataError, match=f"{re.escape(url)}: not the address of a gateway"):
            predict(replace(job, url=url))
    for timeout in (-1.0, 0.0, float("nan"), 1e300):
        with pytest.raises(DataError, match=r"--timeout .*: must be above 0"):
            predict(replace(job, timeout=timeout))
    gateway.server.server_close()
    with pytest.raises(DataError, match="no answer"):
        predict(replace(job, timeout=0.1, url=gateway.url))


def test_a_key_is_shown_and_a_path_before_the_gateways_is_kept(gateway, job, write):
    predicted(replace(job, url=gateway.url + "/ecg/", key_file=write("secret\n", "key")))
    assert {each["Authorization"] for each in gateway.headers} == {"Bearer secret"}
    assert set(gateway.paths) == {"/ecg/model", "/ecg/predict"}
    with pytest.raises(DataError, match="key: no API key found") as caught:
        predict(replace(job, key_file=write("secret\nlines\n", "key")))
    assert "secret" not in str(caught.value)


def test_a_netrc_entry_does_not_replace_the_key(gateway, job, write, monkeypatch):
    monkeypatch.setenv("NETRC", str(write("machine 127.0.0.1 login a password b", "netrc")))
    predicted(replace(job, key_file=write("secret", "key")))
    assert {each["Authorization"] for each in gateway.headers} == {"Bearer secret"}


@pytest.fixture
def stopped(gateway: FakeGateway, job: Job) -> Job:
    """A job that was interrupted after five batches of at most four rows."""
    gateway.before = lambda number: error(500, "internal_error") if number >= 5 else None
    with pytest.raises(DataError):
        predict(job)
    gateway.before = lambda number: None
    part = job.out.with_name("predictions.csv.part")
    assert rows_of(read(part)) == EXPECTED[: len(read(part))]
    assert len(read(part)) % 4 == 0
    gateway.beats.clear()
    return job


def test_a_stopped_job_resumes(gateway, stopped, caplog):
    done = len(read(stopped.out.with_name("predictions.csv.part")))
    caplog.set_level(logging.INFO)
    assert rows_of(predicted(replace(stopped, batch=7))) == EXPECTED
    assert set(gateway.beats) == set(ROWS[done:])
    assert f"resuming after row {done}" in caplog.text


def test_rows_after_the_last_complete_batch_are_truncated(gateway, stopped):
    with stopped.out.with_name("predictions.csv.part").open("a") as part:
        part.write("21,1,0.7")
    assert rows_of(predicted(stopped)) == EXPECTED


@pytest.mark.parametrize("harm", ["file", "version", "columns", "note", "cut"])
def test_a_changed_job_starts_over(gateway, stopped, caplog, harm):
    note, part = (stopped.out.with_name(f"predictions.csv.part{ending}") for ending in (".json", ""))
    if harm == "file":
        os.utime(stopped.file, ns=(1, 1))
    elif harm == "version":
        gateway.served["version"] = 4
    elif harm == "note":
        note.write_text("{")
    elif harm == "cut":
        part.write_text("row")
    answers = predicted(replace(stopped, details=harm == "columns"))
    assert rows_of(answers) == EXPECTED
    assert set(gateway.beats) == set(ROWS)
    assert {each["model_version"] for each in answers} == {"4" if harm == "version" else "3"}
    said = {"file": "the file", "version": "the model version", "columns": "the columns", "cut": "was truncated"}
    assert said.get(harm, "") in caplog.text


def test_a_version_change_midway_is_logged(gateway, job, caplog):
    caplog.set_level(logging.INFO)

    def change(number: int) -> None:
        gateway.served["version"] = 4 if number >= 8 else 3

    gateway.before = change
    versions = [each["model_version"] for each in predicted(job)]
    assert set(versions) == {"3", "4"}
    assert f"from row {versions.index('4') + 1} on, version 4 answers too" in caplog.text
    assert f"(version 3: {versions.count('3')}, version 4: {versions.count('4')})" in caplog.text


@pytest.mark.parametrize("ending", ["", ".part", ".part.json"])
def test_the_input_file_is_not_overwritten(job, write, ending):
    job = replace(job, file=write(PLAIN, f"same.csv{ending}"))
    with pytest.raises(DataError, match=rf"same\.csv{ending}: is an input file; give another --out"):
        predict(replace(job, out=job.file.with_name("same.csv")))
    assert job.file.read_text() == PLAIN


def test_two_runs_do_not_write_the_same_file(job):
    job.out.parent.mkdir()
    output = Output(job.out, {}, "row\n")
    with pytest.raises(DataError, match="another run is writing this file; give another --out"):
        predict(job)
    output.close()
    assert rows_of(predicted(job)) == EXPECTED


def test_the_command_says_where_the_predictions_are(gateway, job, capsys):
    assert main(["predict", str(job.file), "--url", gateway.url, "--out", str(job.out), "--batch", "9"]) == 0
    assert capsys.readouterr().out == f"{job.out}\n"
    assert main(["predict", str(job.file), "--url", gateway.url, "--out", str(job.out), "--batch", "0"]) == 1
    assert "--batch 0: give 1 or more" in capsys.readouterr().err
