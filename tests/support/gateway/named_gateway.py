"""The gateway, but it asks the name server of a test for the model server's addresses.

The serving target is `dns://HOST:PORT/NAME:PORT`, as tests/support/fake_dns.py gives it.
"""

import os
import re
import socket
from struct import pack, unpack_from

from gateway import server
from gateway.exchange import Application
from gateway.settings import Settings
from tests.support.fake_dns import ADDRESS, INTERNET

_TARGET = re.compile(r"dns://(?P<host>[\d.]+):(?P<asked>\d+)/(?P<name>[a-z-]+):(?P<port>\d+)")
_SECONDS = 5.0


def resolve(target: str) -> tuple[str, ...]:
    """Give the addresses of the name, as gateway.model_server.addresses.resolve does with the system's name server."""
    found = _TARGET.fullmatch(target)
    assert found, target
    question = bytes([len(found["name"])]) + found["name"].encode() + b"\0" + pack("!HH", ADDRESS, INTERNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_SECONDS)
        asking.sendto(pack("!HHHHHH", 1, 0x100, 1, 0, 0, 0) + question, (found["host"], int(found["asked"])))
        answer = asking.recv(4096)
    (count,) = unpack_from("!H", answer, 6)
    records = answer[12 + len(question) :]  # each of 16 bytes, of which the last four are the address
    addresses = (socket.inet_ntoa(records[16 * number + 12 : 16 * number + 16]) for number in range(count))
    return tuple(f"ipv4:{address}:{found['port']}" for address in addresses)


class Server(server.Server):
    """The gateway's server with that name resolution."""

    def application(self, metrics_folder: str) -> Application:
        from gateway.candidate.deployment import Rollout
        from gateway.composition import compose
        from gateway.inference.version_router import VersionRouter
        from gateway.model_server.discovery import Discovery
        from gateway.model_server.failover import Failover
        from gateway.model_server.retry_budget import RetryBudget
        from gateway.telemetry.metrics import Metrics

        settings = self._settings
        metrics, discovery, rollout = Metrics(metrics_folder), Discovery(settings, resolve), Rollout()
        failover = Failover(discovery, settings, RetryBudget())
        router = VersionRouter(settings, discovery, failover, rollout, metrics)
        return compose(settings, discovery, rollout, router, metrics)


if __name__ == "__main__":
    Server(Settings.from_env(os.environ)).run()
