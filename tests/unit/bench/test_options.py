"""The command line of `make bench`: chosen contenders and loads, and errors."""

import sys
from pathlib import Path

import pytest

from bench import contenders, scenarios
from bench.contenders import BINARY, BYTES, Place
from bench.options import KNOWN, parse
from bench.scenarios import BATCH, BUSY, HALF, RATE, SINGLE, by_size

BINARIES = [each.name for each in BINARY]


def options(*arguments: str):
    return parse(arguments, "")


def refused(capsys, *arguments: str) -> str:
    with pytest.raises(SystemExit) as exit_:
        options(*arguments)
    assert exit_.value.code == 2
    return str(capsys.readouterr().err)


def test_everything_is_measured_by_default():
    chosen = options()
    assert chosen.scenarios == scenarios.ALL
    assert chosen.only == [name for name in KNOWN if name not in BINARIES]
    assert options("--quick").scenarios == scenarios.QUICK


def test_loads_are_chosen_by_name_or_by_group_and_keep_their_order():
    assert options("--scenarios", "connections-64,connections-1").scenarios == (SINGLE[1], SINGLE[64])
    assert options("--scenarios", "beats,connections").scenarios == (*SINGLE.values(), *BATCH.values())
    assert options("--quick", "--scenarios", "rate").scenarios == (RATE,)


def test_half_load_brings_the_load_that_its_rate_comes_from():
    assert options("--scenarios", "half").scenarios == (BUSY, HALF)


def test_unknown_names_are_rejected_with_the_known_ones(capsys):
    assert "'nobody' is not one of grpc, gateway" in refused(capsys, "--only", "grpc,nobody")
    assert "'busy' is not one of connections, beats, connections-1" in refused(capsys, "--scenarios", "busy")


def test_a_binary_brings_its_two_contenders():
    chosen = options("--tensorflow-serving", sys.executable)
    assert chosen.only[-2:] == BINARIES
    assert options("--quick", "--tensorflow-serving", sys.executable).only[-2:] == BINARIES
    assert options("--only", "grpc", "--tensorflow-serving", sys.executable).only == ["grpc"]


def test_the_contenders_of_a_binary_need_one(capsys):
    text = refused(capsys, "--only", "gateway,tensorflow-serving")
    assert "--only tensorflow-serving needs --tensorflow-serving PATH" in text


def test_a_binary_that_cannot_be_run_is_refused(tmp_path, capsys):
    (tmp_path / "text").write_text("no program")
    assert "is not an executable file" in refused(capsys, "--tensorflow-serving", str(tmp_path / "text"))
    assert "is not an executable file" in refused(capsys, "--tensorflow-serving", str(tmp_path / "nothing"))


def test_a_binary_is_started_with_the_flags_of_the_projects_own_model_server(tmp_path):
    place = Place(Path("/models/ecg"), tmp_path, tmp_path, tmp_path, Path("/bin/tensorflow_model_server"))
    bare, behind = (each.commands(place, 8500) for each in BINARY)
    wanted = ["/bin/tensorflow_model_server", "--model_name=ecg", "--model_base_path=/models/ecg", "--port=8500"]
    assert [list(each.arguments) for each in bare] == [wanted]
    assert list(behind[0].arguments)[:3] == wanted[:3]
    assert f"--port={behind[1].settings['ECG_SERVING_TARGET'].split(':')[1]}" == behind[0].arguments[3]
    assert behind[1].settings["ECG_LISTEN"] == "127.0.0.1:8500"


def test_single_beats_are_measured_before_batches():
    assert by_size([BATCH[16], RATE, BATCH[4096], SINGLE[1]]) == [[RATE, SINGLE[1]], [BATCH[16], BATCH[4096]]]
    assert by_size([BUSY]) == [[BUSY]]


def test_a_contender_without_a_load_is_not_started():
    assert not BYTES.measured_in(SINGLE.values())
    assert BYTES.measured_in([BUSY, BATCH[16]])
    assert all(each.measured_in(SINGLE.values()) for each in contenders.OWN)
