"""The addresses that this machine has for itself."""

import socket


def loopbacks() -> list[str]:
    """That of IPv4, and that of IPv6 where it is not switched off, as in many containers."""
    if not socket.has_dualstack_ipv6():
        return ["127.0.0.1"]
    with socket.socket(socket.AF_INET6) as tried:
        try:
            tried.bind(("::1", 0))
        except OSError:
            return ["127.0.0.1"]
    return ["127.0.0.1", "::1"]
