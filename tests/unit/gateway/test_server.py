"""The server's addresses, and its settings for uvicorn."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from gateway.server import address_of, listener, options
from gateway.settings import Settings
from tests.support.addresses import loopbacks

LOOPBACKS = loopbacks()


def hears(listening: socket.socket, host: str) -> bool:
    try:
        with socket.create_connection((host, listening.getsockname()[1]), timeout=10):
            accepted, _ = listening.accept()
            accepted.close()
            return True
    except OSError:
        return False


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("0.0.0.0", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.parametrize("address", ["[::]:0", ":0", "*:0"])
def test_every_address_of_both_families(address):
    with closing(listener(address)) as listening:
        assert [host for host in LOOPBACKS if hears(listening, host)] == LOOPBACKS
        assert address_of(listening).startswith("[::]:" if socket.has_dualstack_ipv6() else "0.0.0.0:")


@pytest.mark.parametrize("address", ["0.0.0.0:0", "127.0.0.1:0", "localhost:0"])
def test_ipv4_alone(address):
    with closing(listener(address)) as listening:
        assert listening.family == socket.AF_INET
        assert hears(listening, "127.0.0.1")
        assert not hears(listening, "::1")


@pytest.mark.skipif("::1" not in LOOPBACKS, reason="there is no IPv6 here")
@pytest.mark.parametrize("address", ["[::1]:0", "::1:0"])
def test_ipv6_alone(address):
    with closing(listener(address)) as listening:
        assert hears(listening, "::1")
        assert not hears(listening, "127.0.0.1")
        assert address_of(listening) == f"[::1]:{listening.getsockname()[1]}"


def test_a_socket_is_taken_over():
    with socket.create_server(("127.0.0.1", 0)) as given:
        listening = listener(f"fd://{given.fileno()}")
        assert address_of(listening) == address_of(given)
        listening.detach()  # `given` closes it


def test_a_port_in_use_on_ipv4_is_not_shared_on_ipv6(taken):
    with pytest.raises(OSError, match="in use") as caught:
        listener(f"[::]:{taken}")
    assert caught.value.errno == errno.EADDRINUSE


def test_the_keep_alive_time_is_uvicorns():
    assert options(Settings())["timeout_keep_alive"] == 75
    assert options(replace(Settings(), keep_alive_seconds=620))["timeout_keep_alive"] == 620
