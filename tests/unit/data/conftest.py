"""Fixtures: an input file, a mirror to download from, and a gateway."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.support.gateway.fake_gateway import FakeGateway, running
from tests.support.mirror import Mirror


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write text or bytes to a file and return its path."""

    def write_file(content: str | bytes, name: str = "beats.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the environment's proxies, so that requests reach the tests' servers."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def gateway(no_proxy: None) -> Iterator[FakeGateway]:
    with running() as gateway:
        yield gateway


@pytest.fixture
def mirror(no_proxy: None) -> Iterator[Mirror]:
    mirror = Mirror()
    thread = Thread(target=mirror.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield mirror
    mirror.closing.set()
    mirror.server.shutdown()
    thread.join()
    mirror.server.server_close()
