"""Beats in shards on disk: every row is in its split with its label."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.dataset.shards import Rows, Spool, spool, write_shards

RECORD_BYTES = 12  # two values and the class column
CLASS_LABELS = np.array([-7, 2**53 - 1])


def made_beats(rows: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Features that encode row number and column, and labels."""
    columns = np.arange(rows) % 2
    return np.stack([np.arange(rows), columns], axis=1).astype(np.float32), CLASS_LABELS[columns]


def spooled_beats(folder: Path, rows: int, block: int = 7) -> Spool:
    features, labels = made_beats(rows)
    pieces = [slice(start, start + block) for start in range(0, rows, block)]
    groups = np.arange(rows, dtype=np.uint64)  # a group for each row, so that each tells its row
    return spool(((features[piece], labels[piece], groups[piece]) for piece in pieces), folder / "beats", width=2)


def sharded(
    folder: Path, groups: list[NDArray[np.int64]], shard: int = 4, chunk: int = 10, left_out: int = 0
) -> list[Rows]:
    spooled = spooled_beats(folder, sum(map(len, groups)) + left_out)
    return write_shards(spooled, groups, CLASS_LABELS, folder, shard * RECORD_BYTES, chunk * RECORD_BYTES)


def numbers(rows: Rows) -> list[int]:
    return [int(number) for features, _ in rows.blocks() for number in features[:, 0]]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[int]:
    """Numbers for folders, since hypothesis runs a test many times in one `tmp_path`."""
    return iter(range(10**6))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=3),
    left_out=st.integers(0, 30),
    seed=st.integers(0, 9),
    shard=st.integers(1, 9),
    chunk=st.integers(1, 40),
    block=st.integers(1, 9),
)
def test_every_row_is_in_its_part_once_under_its_own_label(tmp_path, fresh, sizes, left_out, seed, shard, chunk, block):
    folder = tmp_path / str(next(fresh))
    folder.mkdir()
    *groups, _ = np.split(np.random.default_rng(seed).permutation(sum(sizes) + left_out), np.cumsum(sizes))
    parts = sharded(folder, groups, shard, chunk, left_out)
    for rows, group in zip(parts, groups, strict=True):
        assert len(rows) == len(group)
        assert sorted(numbers(rows)) == sorted(group)
        if rows.groups is not None or sum(sizes) + left_out:
            assert rows.groups is not None
            assert rows.groups.tolist() == numbers(rows)
        assert list(rows.counts) == np.bincount(group % 2, minlength=2).tolist()
        for features, columns in rows.blocks(block):
            assert (features[:, 1] == columns).all()
            assert len(columns) <= block
    assert sorted(folder.iterdir()) == sorted(path for rows in parts for path in rows.shards)


def test_the_order_of_a_group_says_which_rows_share_a_shard(tmp_path):
    group = np.random.default_rng(0).permutation(10)
    (rows,) = sharded(tmp_path, [group], shard=4)
    found = [set(np.fromfile(shard, np.float32).reshape(-1, 3)[:, 0].astype(int)) for shard in rows.shards]
    assert found == [set(group[:4]), set(group[4:8]), set(group[8:])]


def test_positions_follow_the_order_of_blocks(tmp_path):
    (rows,) = sharded(tmp_path, [np.random.default_rng(0).permutation(50)], shard=7)
    order = numbers(rows)
    places = [49, 0, 7, 6, 20]
    assert rows.take(places)[:, 0].tolist() == [order[place] for place in places]
    assert rows.take([]).shape == (0, 2)
    assert rows.columns().tolist() == [number % 2 for number in order]


def test_equal_beats_have_equal_hashes_wherever_they_stand(tmp_path):
    features = np.repeat(made_beats(6)[0], 2, axis=0)
    spooled = spool(
        [(features[:5], np.zeros(5, np.int64)), (features[5:], np.ones(7, np.int64))], tmp_path / "beats", 2
    )
    assert (spooled.hashes[::2] == spooled.hashes[1::2]).all()
    assert len(set(spooled.hashes.tolist())) == 6
    assert spooled.labels.tolist() == [0] * 5 + [1] * 7


def test_features_in_any_order_of_memory_are_written_row_by_row(tmp_path):
    features, labels = made_beats(9)
    spooled = spool([(np.asfortranarray(features), labels)], tmp_path / "beats", width=2)
    assert (np.fromfile(spooled.path, np.float32).reshape(9, 3)[:, :2] == features).all()


def test_the_disk_holds_the_beats_once(tmp_path):
    rows, chunk = 1000, 50
    spooled = spooled_beats(tmp_path, rows)
    (tmp_path / "beats-0-00000").mkdir()  # where the first rows belong, which are dealt out last
    with pytest.raises(IsADirectoryError):
        write_shards(spooled, [np.arange(rows)], CLASS_LABELS, tmp_path, chunk * RECORD_BYTES, chunk * RECORD_BYTES)
    assert spooled.path.stat().st_size == chunk * RECORD_BYTES
    assert sum(path.stat().st_size for path in tmp_path.glob("beats-0-*") if path.is_file()) == 950 * RECORD_BYTES


def test_two_parts_are_joined_where_they_lie(tmp_path):
    first, second = sharded(tmp_path, [np.arange(6), np.arange(6, 15)])
    joined = first.joined(second)
    assert numbers(joined) == numbers(first) + numbers(second)
    assert (len(joined), joined.counts) == (15, (8, 7))
    assert joined.take([14, 5, 6])[:, 0].tolist() == [numbers(joined)[place] for place in (14, 5, 6)]
    with pytest.raises(IndexError):
        joined.take([15])
