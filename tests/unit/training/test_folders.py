"""The temporary folder for the beats during a training."""

import multiprocessing
import signal
import tempfile
from pathlib import Path

import pytest

from training.errors import TrainingError
from training.store.locked_folders import SCRATCH, scratch

spawn = multiprocessing.get_context("spawn")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of this process and its children."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def keep_and_wait(kept) -> None:
    with scratch() as folder:
        (folder / "beats").write_bytes(b"beats")
        kept.set()
        signal.pause()


def test_only_the_folder_of_a_killed_training_is_removed(temporary):
    kept = spawn.Event()
    training = spawn.Process(target=keep_and_wait, args=(kept,))
    training.start()
    assert kept.wait(60)
    [folder] = temporary.glob(f"{SCRATCH}*")
    with scratch() as own:
        assert {folder, own} == set(temporary.glob(f"{SCRATCH}*"))
    training.kill()
    training.join()
    assert folder.exists()
    with scratch() as own:
        assert [own] == list(temporary.glob(f"{SCRATCH}*"))
    assert list(temporary.glob(f"{SCRATCH}*")) == []


def test_temporary_files_are_kept_with_the_beats_and_go_with_them_on_failure_too(temporary):
    def fail() -> None:
        with scratch() as folder:
            Path(tempfile.mkdtemp(), "generated.py").touch()
            assert len(list(folder.glob("*/generated.py"))) == 1
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(temporary.iterdir()) == []
    assert tempfile.gettempdir() == str(temporary)


def test_beats_on_disk_are_not_readable_by_others(temporary):
    with scratch() as folder:
        assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_to_is_one_sentence(temporary, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(temporary / "missing"))
    with pytest.raises(TrainingError, match=r"cannot create a temporary folder .*missing.* set TMPDIR"), scratch():
        pass
