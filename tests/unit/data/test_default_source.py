"""The default source of beats, and the output of the commands."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from data.__main__ import main
from data.progress import progress
from data.sources.default_source import default_beats
from data.sources.download import Known, Source
from tests.support.mirror import Mirror, answer

BODY = b"0.5,1\n1.5,0\n"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def source(mirror: Mirror) -> Source:
    return Source(mirror.url, "ecg.csv", (Known("ecg.csv", "last", {0: 1, 1: 1}, values=1),))


@pytest.mark.parametrize("name", ["ecg.csv", "ecg.csv.gz"])
def test_an_existing_file_is_used(mirror, source, tmp_path, name):
    (tmp_path / name).touch()
    assert default_beats(tmp_path, source) == tmp_path / name
    assert mirror.requests == []


def test_a_missing_file_is_downloaded(mirror, source, tmp_path):
    mirror.answers = [answer(BODY)]
    assert default_beats(tmp_path, source) == tmp_path / "ecg.csv"
    assert (tmp_path / "ecg.csv").read_bytes() == BODY


@pytest.mark.parametrize("reply", ["silence", "missing"])
def test_a_failed_download_is_replaced_by_synthetic_beats_with_a_warning(mirror, source, tmp_path, caplog, reply):
    mirror.answers = [mirror.silence if reply == "silence" else answer(b"", 404)]
    (tmp_path / "generated.csv").write_bytes(BODY)
    with caplog.at_level(logging.WARNING):
        assert default_beats(tmp_path, source, limit=0.1) == tmp_path / "generated.csv"
    assert "SYNTHETIC" in caplog.text
    assert mirror.url in caplog.text


def test_a_server_that_never_ends_its_header_is_left_behind(mirror, source, tmp_path):
    ended = Event()

    def trickle(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
        for _ in range(1000):
            if mirror.closing.wait(0.01):
                return
            handler.wfile.write(b"x")
        ended.set()

    mirror.answers = [trickle]
    (tmp_path / "generated.csv").write_bytes(BODY)
    assert default_beats(tmp_path, source, limit=0.1) == tmp_path / "generated.csv"
    assert not ended.is_set()


def test_commands_end_with_a_sentence_and_a_status(mirror, tmp_path, capsys):
    mirror.answers = [answer(BODY)]
    assert main(["download", "ecg", "--to", str(tmp_path), "--url", mirror.url]) == 1
    assert "error: " + mirror.url + " has other content than expected" in capsys.readouterr().err
    assert main(["download", "all", "--to", str(tmp_path), "--url", mirror.url]) == 1
    assert "give that source's name instead of all" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_fetch_names_the_file_only_when_it_is_complete(mirror, tmp_path, capsys):
    mirror.answers = [answer(BODY, missing=3), answer(BODY)]
    command = ["fetch", mirror.url, str(tmp_path / "new" / "mine.csv")]
    assert main(command) == 1
    assert "run the same command again to resume" in capsys.readouterr().err
    assert main(command) == 0
    assert (tmp_path / "new" / "mine.csv").read_bytes() == BODY
    assert os.listdir(tmp_path / "new") == ["mine.csv"]


def test_generate_runs_as_a_program(tmp_path):
    out = tmp_path / "beats.csv"
    command = [sys.executable, "-m", "data", "generate", "--out", out, "--beats", "4", "--length", "8"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == str(out)
    assert len(out.read_text().splitlines()) == 6


def test_progress_is_plain_lines_where_there_is_no_terminal(capsys):
    with progress("Counting", 3000, "beats", seconds_between_lines=0) as advance:
        advance(1000)
        advance(2000)
    assert capsys.readouterr().err == "Counting: 1,000 of 3,000 beats\nCounting: 3,000 of 3,000 beats\n"
