"""Shared by all tests: a test's folder determines its requirements; also the folder of real data."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.support.tree import Tree, running_tree

TESTS = Path(__file__).parent
LONGEST = ("process", "model", "fuzz", "browser")  # folders
REAL_DATA = TESTS.parents[1] / "shared" / "data"

# How long an example takes depends on what else runs. In CI the examples are always the same, so that a change lands or
# not by what it changes.
settings.register_profile("no deadline", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("no deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])
    # files with whole processes take longest: begun first, none of them is left to one test runner at the end
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in LONGEST)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real ECG data beside the project; tests that need it are skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip("real ECG data is not here")
    return REAL_DATA


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    """A model base path with version 1, to be copied; trained once for all test runners."""
    folder = tmp_path_factory.getbasetemp().parent / f"trained-{testrun_uid}"
    with FileLock(f"{folder}.lock"):
        tree = Tree(folder, ExitStack())
        if not (tree.base / "1").exists():
            folder.mkdir(exist_ok=True)
            tree.train()
    return tree.base


@pytest.fixture
def tree(tmp_path: Path, trained: Path) -> Iterator[Tree]:
    """Version 1 trained, served and answered for."""
    with running_tree(tmp_path, trained) as tree:
        yield tree
