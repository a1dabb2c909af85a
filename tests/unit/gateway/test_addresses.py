import socket

import pytest

from gateway.model_server.addresses import resolve


@pytest.mark.parametrize(
    ("target", "addresses"),
    [
        ("127.0.0.1:8500", ("ipv4:127.0.0.1:8500",)),
        ("dns:///127.0.0.1:8500", ("ipv4:127.0.0.1:8500",)),
        ("[::1]:8500", ("ipv6:[::1]:8500",)),
        ("ipv4:10.0.0.1:1,10.0.0.2:2", ("ipv4:10.0.0.1:1", "ipv4:10.0.0.2:2")),
        ("unix:/run/a,b.sock", ("unix:/run/a,b.sock",)),
        ("xds:///ecg", ("xds:///ecg",)),
    ],
)
def test_a_target_is_addresses(target, addresses):
    assert resolve(target) == addresses


def test_a_name_stands_for_each_of_its_addresses_once():
    assert "ipv4:127.0.0.1:8500" in (found := resolve("localhost:8500"))
    assert len(found) == len(set(found))


def test_an_invalid_name_is_an_error():
    with pytest.raises(socket.gaierror):
        resolve("nobody.invalid:8500")
