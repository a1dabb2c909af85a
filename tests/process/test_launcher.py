"""The launcher `ecg`, from folders that are not the project's."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.gateway.gateway_process import ROOT

COMMANDS = ("data", "train", "serve", "gateway", "rollout")


def ecg(*arguments: str, cwd: Path, program: Path = ROOT / "ecg") -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_paths_are_the_callers_and_a_folder_of_the_callers_hides_no_component(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "__init__.py").write_text("raise SystemExit('the wrong data')")
    done = ecg("data", "generate", "--out", "beats.csv", "--beats", "20", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "beats.csv").exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_usage_of_each_command_names_a_command_that_works(command, tmp_path):
    shown = ecg(command, "--help", cwd=tmp_path)
    assert shown.returncode == 0
    name = {"train": "training", "serve": "serving"}.get(command, command)
    assert f"{ROOT}/ecg {name} " in shown.stdout
    assert ecg(name, "--help", cwd=tmp_path).stdout == shown.stdout


def test_a_link_to_the_launcher_finds_the_project(tmp_path):
    link = tmp_path / "ecg"
    link.symlink_to(ROOT / "ecg")
    assert "usage: " in ecg("gateway", "--help", cwd=tmp_path, program=link).stdout


def test_help_lists_the_commands(tmp_path):
    lines = ecg("--help", cwd=tmp_path).stdout.splitlines()
    assert tuple(line.split()[0] for line in lines if line.startswith("  ")) == COMMANDS


def test_an_unknown_command_is_rejected(tmp_path):
    done = ecg("tain", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "ecg: 'tain' is not a command; ecg --help lists them\n")


def test_without_the_virtual_environment_it_names_the_command_that_makes_it(tmp_path):
    program = Path(shutil.copy(ROOT / "ecg", tmp_path))
    done = ecg("data", "--help", cwd=ROOT, program=program)
    assert done.returncode == 1
    assert done.stderr == f"ecg: {tmp_path}/.venv is missing; make it by: make -C {tmp_path} setup\n"
