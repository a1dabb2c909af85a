"""Which paths are answered on which listener, where the management has one of its own."""

from gateway.errors import NotHere
from gateway.exchange import Message
from gateway.routes import Route
from gateway.settings import Settings


class Listeners:
    """Tells the listeners apart by their ports; `settings.management_listen` is the bound address, or empty."""

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
                raise NotHere("Only probes and metrics are answered here; ask the address of ECG_LISTEN")
        elif route is not None and route.management:
            raise NotHere(f"{route.path} is answered at the address of ECG_MANAGEMENT_LISTEN only")
