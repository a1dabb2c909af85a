"""Addresses of model servers in gRPC's syntax: `ipv4:10.0.0.1:8500`, `ipv6:[::1]:8500`, `unix:path`."""

import re
import socket
from typing import Final

_BY_NAME: Final = re.compile(r"(?:dns:///)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/\[\]]+):(?P<port>\d+)")
_LISTED: Final = ("ipv4:", "ipv6:")


def resolve(target: str) -> tuple[str, ...]:
    """Return all addresses of a target such as `host:port` or `dns:///host:port`; a listed address stays as it is.

    Raises:
        OSError: The name cannot be resolved at the moment.
    """
    by_name = _BY_NAME.fullmatch(target)
    if by_name is None:
        scheme, listed = target[:5], target[5:]
        return tuple(scheme + each for each in listed.split(",")) if scheme in _LISTED else (target,)
    resolved = socket.getaddrinfo(by_name["host"].strip("[]"), int(by_name["port"]), type=socket.SOCK_STREAM)
    return tuple(sorted({_written(family, str(place[0]), int(place[1])) for family, *_, place in resolved}))


def _written(family: int, host: str, port: int) -> str:
    return f"ipv6:[{host}]:{port}" if family == socket.AF_INET6 else f"ipv4:{host}:{port}"
