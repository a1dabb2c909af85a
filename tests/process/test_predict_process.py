"""`python -m data predict` with a real gateway: it is killed repeatedly, and its requests are counted."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.support.gateway.gateway_process import ROOT, Gateway, running

BATCH = 4
ROWS = 1000
KILLS = 2


def write_beats(path: Path) -> Path:
    """Beats of 140 values, the first of which sets the fake model's class."""
    rest = ",".join(["0.25"] * 139)
    path.write_text("".join(f"{(-1) ** row * (1 + row / 1000)},{rest},{(row + 1) % 2}\n" for row in range(ROWS)))
    return path


def command(gateway: Gateway, beats: Path, out: Path, *more: str) -> Sequence[str]:
    url = f"http://127.0.0.1:{gateway.port}/"
    tool = [sys.executable, "-m", "data", "predict", str(beats), "--url", url]
    return [*tool, "--out", str(out), "--batch", str(BATCH), *more]


def whole(part: Path) -> int:
    """The complete rows in the file."""
    lines = part.read_text().splitlines(keepends=True) if part.exists() else []
    return max(0, sum(line.endswith("\n") for line in lines) - 1)


def came(process: subprocess.Popen[str], part: Path, rows: int) -> bool:
    """Wait until there are `rows` rows; return whether the process still runs."""
    while whole(part) < rows:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
            return False
    return True


def test_a_run_that_is_killed_again_and_again_gives_what_one_run_gives(serving, tmp_path):
    beats, once, out = write_beats(tmp_path / "beats.csv"), tmp_path / "once.csv", tmp_path / "predictions.csv"
    part, kills = tmp_path / "predictions.csv.part", 0
    with running(serving.target, workers=2) as gateway:
        done = subprocess.run(command(gateway, beats, once), cwd=ROOT, capture_output=True, text=True, check=True)
        assert "accuracy 1.0000 (1,000 of them predicted as labelled)" in done.stderr
        while not out.exists():
            before = whole(part)
            with subprocess.Popen(command(gateway, beats, out), cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
                if kills < KILLS and came(process, part, before + 10 * BATCH):
                    process.kill()
                    kills += 1
                process.communicate(timeout=60)
        assert kills
        assert out.read_text() == once.read_text()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["beats.csv", "once.csv", "predictions.csv"]
        # each kill costs what was in flight, no more
        assert gateway.total("ecg_gateway_predictions_total") <= 2 * ROWS + kills * 8 * BATCH


def test_a_gateway_that_is_down_for_a_while_is_waited_for(serving, tmp_path):
    beats, out = write_beats(tmp_path / "beats.csv"), tmp_path / "predictions.csv"
    with running(serving.target) as gateway:
        tool, listen = command(gateway, beats, out, "--batch", "1"), f"127.0.0.1:{gateway.port}"
        with subprocess.Popen(tool, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            assert came(process, tmp_path / "predictions.csv.part", 1)
            with serving.hold():
                serving.wait_for_held()
                gateway.process.send_signal(signal.SIGTERM)
                gateway.wait_for_line("SIGTERM")
            gateway.end()
            assert process.stderr
            assert any("trying again in" in line for line in process.stderr)
            with running(serving.target, listen=listen):
                process.communicate(timeout=60)
    assert process.returncode == 0
    assert whole(out) == ROWS


def test_ctrl_c_ends_it_at_once_though_an_answer_is_awaited(serving, tmp_path):
    beats, out = write_beats(tmp_path / "beats.csv"), tmp_path / "predictions.csv"
    with running(serving.target, deadline_seconds=60) as gateway:
        gateway.ask("POST", "/predict", {"features": [0.5] * 140})
        tool = command(gateway, beats, out, "--batch", "1")
        with subprocess.Popen(tool, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
            assert came(process, tmp_path / "predictions.csv.part", 1)
            with serving.hold():
                serving.wait_for_held()
                process.send_signal(signal.SIGINT)
                assert "stopped" in process.communicate(timeout=30)[1]
    assert process.returncode == 130
    assert not out.exists()
