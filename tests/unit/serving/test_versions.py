"""Version numbers in folder names, and version policies."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow_serving.config.file_system_storage_path_source_pb2 import FileSystemStoragePathSourceConfig

from serving.lifecycle.versions import choose, parse_version, versions_on_disk

Policy = FileSystemStoragePathSourceConfig.ServableVersionPolicy
NUMBERS = st.sets(st.integers(0, 2**63 - 1), max_size=8)


def on_disk(numbers: Iterable[int]) -> dict[int, Path]:
    return {number: Path(str(number)) for number in numbers}


@given(st.integers(0, 2**63 - 1), st.integers(0, 5))
def test_any_decimal_number_is_a_version(number, zeros):
    assert parse_version("0" * zeros + str(number)) == number


@pytest.mark.parametrize("name", ["", "v1", "1.5", "-1", "+1", " 1", "1\n", "1_0", "\u0661", "\u00b2", str(2**63)])
def test_any_other_name_is_not(name):
    assert parse_version(name) is None


@given(NUMBERS, st.integers(0, 10))
def test_latest_takes_the_largest(numbers, count):
    policy = Policy(latest=Policy.Latest(num_versions=count))
    chosen = set(choose(policy, on_disk(numbers)))
    assert len(chosen) == min(count or 1, len(numbers))
    assert all(kept > left for kept in chosen for left in numbers - chosen)


@given(NUMBERS)
def test_no_policy_is_the_latest_one(numbers):
    assert set(choose(Policy(), on_disk(numbers))) == ({max(numbers)} if numbers else set())


@given(NUMBERS)
def test_all_takes_all(numbers):
    assert choose(Policy(all=Policy.All()), on_disk(numbers)) == on_disk(numbers)


@given(NUMBERS, NUMBERS)
def test_specific_takes_the_existing_versions(numbers, asked):
    assert set(choose(Policy(specific=Policy.Specific(versions=asked)), on_disk(numbers))) == numbers & asked


def test_versions_are_found_by_name(tmp_path):
    for name in ("1", "002", ".tmp-3", "4.old"):
        (tmp_path / name).mkdir()
    assert versions_on_disk(tmp_path) == {1: tmp_path / "1", 2: tmp_path / "002"}


def test_a_missing_base_path_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        versions_on_disk(tmp_path / "missing")
