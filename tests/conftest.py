"""What all tests share: a test's folder says what it needs, and where real data lies."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from tests.gateway_process import running
from tests.tree import Tree

TESTS = Path(__file__).parent
REAL_DATA = TESTS.parents[1] / "shared" / "data"

settings.register_profile("no deadline", deadline=None)  # how long an example takes depends on what else runs
settings.load_profile("no deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(item.path.relative_to(TESTS).parts[0])


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real ECG data beside the project; tests that need it are skipped where it is absent."""
    if not REAL_DATA.is_dir():
        pytest.skip("real ECG data is not here")
    return REAL_DATA


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model base path with version 1, to be copied."""
    tree = Tree(tmp_path_factory.mktemp("trained"), ExitStack())
    tree.train()
    return tree.base


@pytest.fixture
def tree(tmp_path: Path, trained: Path) -> Iterator[Tree]:
    """Version 1 trained, served and answered for."""
    with ExitStack() as stack:
        tree = Tree(tmp_path, stack)
        shutil.copytree(trained, tree.base)
        tree.serve()
        tree.gateway = stack.enter_context(running(f"unix:{tree.socket}", workers=2))
        yield tree
