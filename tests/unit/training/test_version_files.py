"""Reading and writing files with version numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import TrainingError
from training.store.version_files import read_spared, write_version


def test_no_file_and_an_empty_one_spare_nothing(tmp_path):
    (tmp_path / "spare").write_text("\n")
    assert read_spared(None) == read_spared(tmp_path / "missing") == read_spared(tmp_path / "spare") == frozenset()


@given(numbers=st.sets(st.integers(1, 10**9)), end=st.sampled_from(["", "\n", "\r\n", " \n\n"]))
def test_each_line_is_a_version(tmp_path_factory, numbers, end):
    path = tmp_path_factory.mktemp("spare") / "spare"
    path.write_text("\n".join(map(str, numbers)) + end)
    assert read_spared(path) == numbers


@pytest.mark.parametrize("line", ["latest", "-1", "1 2", "1.0", "²"])
def test_anything_but_a_number_is_named_with_its_line(tmp_path, line):
    (tmp_path / "spare").write_text(f"3\n{line}\n")
    with pytest.raises(TrainingError, match=r"line 2: .* is not a version number; give one per line"):
        read_spared(tmp_path / "spare")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff")])
def test_a_file_that_cannot_be_read_is_named(tmp_path, make):
    make(tmp_path / "spare")
    with pytest.raises(TrainingError, match="spare: cannot read the versions to keep"):
        read_spared(tmp_path / "spare")


def test_a_written_number_is_alone_in_its_file_and_replaces_the_former(tmp_path):
    for version in (9, 10):
        write_version(tmp_path / "version", version)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("version", "10\n")]


def test_the_error_has_the_number_that_cannot_be_written(tmp_path):
    with pytest.raises(TrainingError, match=r"missing/version: version 3 is published, but .*No such file"):
        write_version(tmp_path / "missing" / "version", 3)


def test_a_folder_in_the_place_of_the_file_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "version").mkdir()
    with pytest.raises(TrainingError, match="version 3 is published"):
        write_version(tmp_path / "version", 3)
    assert [path.name for path in tmp_path.iterdir()] == ["version"]
