"""Versions are published atomically, each with its own number."""

import fcntl
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from training.errors import PublishError
from training.store.versions import STAGING, newest, prune, publish, staging, versions

spawn = multiprocessing.get_context("spawn")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "models" / "ecg"


def publish_one(base: Path, content: str = "model") -> int:
    with staging(base) as folder:
        (folder / "saved_model.pb").write_text(content)
        return publish(folder)


def publish_at(base: Path, barrier) -> None:
    with staging(base) as folder:
        (folder / "saved_model.pb").write_text(str(os.getpid()))
        barrier.wait()
        publish(folder)


def stage_and_wait(base: Path, staged) -> None:
    with staging(base):
        staged.set()
        signal.pause()


def fail_halfway(base: Path) -> None:
    with staging(base) as folder:
        (folder / "saved_model.pb").write_text("half")
        raise RuntimeError


def leftovers(base: Path) -> list[Path]:
    return list(base.glob(f"{STAGING}*"))


def test_versions_count_from_one_and_leave_nothing_behind(base):
    assert [publish_one(base), publish_one(base)] == [1, 2]
    assert versions(base) == [1, 2]
    assert leftovers(base) == []


def test_the_next_number_is_above_every_number_there(base):
    for name in ("7", "0009", "archive", ".tmp-12"):
        (base / name).mkdir(parents=True)
    (base / "11").write_text("a file counts too")
    assert publish_one(base) == 12


def test_the_newest_version_is_the_highest_number_and_never_a_staged_one(base):
    assert newest(base) is None
    with staging(base):
        assert newest(base) is None
    for name in ("9", "10"):
        (base / name).mkdir()
    assert newest(base) == base / "10"


def test_a_published_version_can_be_read_by_any_user(base):
    os.umask(previous := os.umask(0o077))
    try:
        os.umask(0o077)
        version = base / str(publish_one(base))
    finally:
        os.umask(previous)
    assert oct(version.stat().st_mode)[-3:] == "755"
    assert oct((version / "saved_model.pb").stat().st_mode)[-3:] == "644"


def test_a_failure_publishes_nothing(base):
    with pytest.raises(RuntimeError):
        fail_halfway(base)
    assert list(base.iterdir()) == []


def test_trainings_at_once_get_numbers_of_their_own(base):
    barrier = spawn.Barrier(4)
    trainings = [spawn.Process(target=publish_at, args=(base, barrier)) for _ in range(4)]
    for training in trainings:
        training.start()
    for training in trainings:
        training.join()
    assert versions(base) == [1, 2, 3, 4]
    assert {(base / str(n) / "saved_model.pb").read_text() for n in range(1, 5)} == {str(t.pid) for t in trainings}
    assert leftovers(base) == []


def test_a_killed_training_leaves_no_number_and_the_next_one_clears_up(base):
    staged = spawn.Event()
    training = spawn.Process(target=stage_and_wait, args=(base, staged))
    training.start()
    assert staged.wait(30)
    [folder] = leftovers(base)
    publish_one(base)
    assert folder.exists(), "the folder of a living training was cleared"
    training.kill()
    training.join()
    assert versions(base) == [1]
    publish_one(base)
    assert leftovers(base) == []


def test_a_base_that_is_a_file_is_named(tmp_path):
    (tmp_path / "models").write_text("")
    with pytest.raises(PublishError, match=r"models: cannot write models here"), staging(tmp_path / "models"):
        pass


def test_pruning_keeps_the_newest(base):
    for _ in range(5):
        publish_one(base)
    assert prune(base, 2) == [1, 2, 3]
    assert versions(base) == [4, 5]
    assert leftovers(base) == []


def test_pruning_keeps_locked_versions(base):
    for _ in range(4):
        publish_one(base)
    served = os.open(base / "1", os.O_RDONLY)
    fcntl.flock(served, fcntl.LOCK_SH)
    assert prune(base, 2) == [2]
    os.close(served)
    assert prune(base, 2) == [1]


def test_pruning_keeps_spared_versions(base):
    for _ in range(5):
        publish_one(base)
    assert prune(base, 2, {1, 5, 77}) == [2, 3]
    assert versions(base) == [1, 4, 5]
