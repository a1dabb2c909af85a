"""What all tests share: a test's folder says what it needs, and where real data lies."""

from pathlib import Path

import pytest
from hypothesis import settings

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
