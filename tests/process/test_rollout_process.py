"""`python -m rollout` as a process: exit codes, and an interruption."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.gateway.gateway_process import ROOT
from tests.support.kubernetes.fake_cluster import FakeCluster, running, write_version


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    with running() as cluster:
        cluster.serve(1)
        yield cluster


@pytest.fixture
def start(cluster, tmp_path):
    models = tmp_path / "ecg"
    write_version(models, 1)
    write_version(models, 2, v1=0.9)
    write_version(models, 3, 0.5, v1=0.9)
    env = os.environ | {"KUBECONFIG": str(cluster.kubeconfig(tmp_path))}

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "rollout", "--models", str(models), *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def test_a_promotion_that_is_stopped_half_way_is_finished_by_the_next(cluster, start):
    cluster.broken["2"] = "not yet"
    cluster.forbidden.add("pods")  # so that nobody can know that this takes for ever
    with start("promote", "2") as stopped:
        assert stopped.stderr
        assert "version 2: waiting for the recorded answers of 2 beats\n" in iter(stopped.stderr.readline, "")
        stopped.send_signal(signal.SIGTERM)
        message = stopped.stderr.read()
    assert stopped.returncode == 1
    assert message.endswith(
        "rollout: interrupted; `python -m rollout promote 2` continues, `python -m rollout abort` goes back\n"
    )
    assert (cluster.version, cluster.paused) == ("2", True)
    cluster.broken.clear()
    with start("promote", "2") as again:
        assert "version 2 is served" in again.communicate(timeout=60)[1]
    assert (again.returncode, cluster.version, cluster.settled) == (0, "2", True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["status"], 0, ""),
        (["promote", "3", "--or-leave"], 0, ""),
        (["promote", "9"], 1, "rollout: version 9 is not on the volume; existing versions: 1, 2, 3\n"),
        (["promote"], 2, "promote: give either a version or --version-file\n"),
        (["canary", "2", "--weight", "100"], 2, "'100' is not a whole number from 1 to 99\n"),
        (["promote", "3"], 3, "--force promotes it all the same\n"),
        (["--namespace", "other", "status"], 1, "not found; check --namespace and --deployment\n"),
    ],
)
def test_exit_codes_tell_what_happened(start, arguments, code, message):
    with start(*arguments) as done:
        assert done.communicate(timeout=60)[1].endswith(message)
    assert done.returncode == code


def test_help_names_every_command_and_exit_code(start):
    with start("--help") as done:
        said = done.communicate(timeout=60)[0]
    commands = ("promote", "status", "undo", "canary", "finish", "abort", "check", "drift", "served", "list")
    for word in (*commands, "3 refused"):
        assert word in said
