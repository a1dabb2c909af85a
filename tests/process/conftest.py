"""A model server that a test can script."""

from collections.abc import Iterator

import pytest

from tests.support.serving.fake_serving import FakeModel, FakeServing


@pytest.fixture
def serving() -> Iterator[FakeServing]:
    """It is in this process."""
    fake = FakeServing(FakeModel(width=140))
    fake.start()
    yield fake
    fake.stop()
