"""Decides which listener serves a path, if there is a management listener."""

from gateway.errors import NotHere
from gateway.exchange import Message
from gateway.routes import Route
from gateway.settings import Settings


class Listeners:
    """Distinguishes the listeners by their ports; `settings.management_listen` is the bound address, or empty."""

    def __init__(self, settings: Settings) -> None:
        address = settings.management_listen
        self._management_port = int(address.rpartition(":")[2]) if address else None

    def check(self, route: Route | None, scope: Message) -> None:
        """Raise NotHere for a path that belongs to the other listener."""
        if self._management_port is None:
            return
        server = scope.get("server")
        if server is not None and server[1] == self._management_port:
            if route is None or not route.probe:
                raise NotHere("This address serves only probes and metrics; use the address of ECG_LISTEN")
        elif route is not None and route.management:
            raise NotHere(f"Only the address of ECG_MANAGEMENT_LISTEN serves {route.path}")
