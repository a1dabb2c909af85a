"""Checkpoints of a run."""

import os
import time

import numpy as np
import pytest

from training.errors import TrainingError
from training.network.checkpoint import ABANDONED_AFTER, Store, mark, published
from training.store.versions import prune, publish, staging, versions

ARRAYS = {"weights": [np.arange(6.0).reshape(2, 3), np.zeros(0)], "optimizer": [np.array(7)] * 12}


def saved(base, run="job", **changes) -> Store:
    store = Store.of(base, run, 5)
    store.save({"epochs": 3, **changes}, ARRAYS)
    return store


def test_the_last_state_is_loaded_completely(tmp_path):
    saved(tmp_path)
    saved(tmp_path, epochs=4, best=float("inf"))
    state, arrays = Store.of(tmp_path, "job", 5).load() or pytest.fail("nothing was found")
    assert state == {"epochs": 4, "best": float("inf")}
    for name, expected in ARRAYS.items():
        assert all(map(np.array_equal, arrays[name], expected))
        assert len(arrays[name]) == len(expected)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(("run", "fingerprint"), [("job", 6), ("other", 5)])
def test_a_state_of_other_beats_or_another_run_is_not_gone_on_from(tmp_path, run, fingerprint):
    saved(tmp_path)
    assert Store.of(tmp_path, run, fingerprint).load() is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half", None])
def test_a_damaged_checkpoint_is_ignored(tmp_path, content):
    store = saved(tmp_path)
    store.path.write_bytes(store.path.read_bytes()[:-100] if content is None else content)
    assert store.load() is None


def test_only_one_worker_writes(tmp_path):
    store = Store.of(tmp_path, "job", 5, writes=False)
    store.save({}, ARRAYS)
    assert list(tmp_path.iterdir()) == []
    saved(tmp_path)
    store.remove()
    assert store.load()


def test_a_state_is_gone_when_it_is_removed(tmp_path):
    store = saved(tmp_path)
    store.remove()
    assert list(tmp_path.iterdir()) == []
    store.remove()


def test_a_later_run_removes_only_abandoned_checkpoints(tmp_path):
    old, recent = saved(tmp_path, "old"), saved(tmp_path, "recent")
    then = time.time() - ABANDONED_AFTER - 60
    os.utime(old.path, (then, then))
    saved(tmp_path, "new")
    assert not old.path.exists()
    assert recent.path.exists()


def test_neither_publishing_nor_pruning_takes_a_state_for_a_version(tmp_path):
    store = saved(tmp_path)
    for _ in range(3):
        with staging(tmp_path) as folder:
            publish(folder)
    assert prune(tmp_path, keep=2) == [1]
    assert versions(tmp_path) == [2, 3]
    assert store.load()


def test_a_run_knows_its_version(tmp_path):
    for run in ("first", "second", "third"):
        with staging(tmp_path) as folder:
            (folder / "assets.extra").mkdir()
            mark(folder, run)
            publish(folder)
    (tmp_path / "4").mkdir()
    assert published(tmp_path, "second") == 2
    assert published(tmp_path, "fourth") is None
    assert published(tmp_path / "none", "first") is None


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    with pytest.raises(TrainingError, match=r"\.checkpoint-job\.npz: the checkpoint cannot be written"):
        Store(tmp_path / "none" / ".checkpoint-job.npz", 5).save({}, ARRAYS)
