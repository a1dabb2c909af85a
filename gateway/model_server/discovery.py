"""Which model versions are AVAILABLE at which address behind the serving target, and connections to those addresses."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Final, Self

import grpc
from grpc import StatusCode

from gateway.errors import ModelNotReady, VersionNotFound
from gateway.model_server.addresses import resolve, together
from gateway.model_server.client import STATUS
from gateway.model_server.connection import Connection, Retired, default_channel
from gateway.model_server.wire.serving_pb2 import (
    GetModelStatusRequest,
    GetModelStatusResponse,
    ModelSpec,
    ModelVersionStatus,
)
from gateway.settings import Settings

ANSWER_WITHIN: Final = 1.0  # seconds that an address has to tell its versions
BETWEEN_LOOKS: Final = 1.0  # seconds that callers who miss a version leave between two looks


@dataclass(frozen=True, slots=True)
class View:
    """The AVAILABLE versions at each address, as one look found them."""

    versions: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def available(self) -> list[int]:
        """Every version that some address has, newest first."""
        return sorted(frozenset().union(*self.versions.values()), reverse=True)

    def of(self, version: int) -> tuple[str, ...]:
        """Addresses that have this version."""
        return tuple(address for address, versions in self.versions.items() if version in versions)

    def other_than(self, version: int) -> tuple[str, ...]:
        """Addresses that have versions, but not this one."""
        return tuple(address for address, versions in self.versions.items() if versions and version not in versions)


class Pool:
    """Hands out connections; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        resolve: Callable[[str], tuple[str, ...]] = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._clock = clock
        self._any = Connection(settings)
        self._request = GetModelStatusRequest(model_spec=ModelSpec(name=settings.model_name))
        self._asked: dict[str, grpc.Channel] = {}
        self._looking = threading.Lock()
        self._looked_at = -inf
        self._connecting = threading.Lock()
        self._connections: dict[str, Connection] = {}
        self._retired = Retired(settings)
        self.view = View()

    def any(self) -> Connection:
        """Whatever address the target names, in turn."""
        return self._any

    def of(self, version: int) -> Connection:
        """Those that have this version; one that is missing is looked for before VersionNotFound is raised."""
        if not self.view.of(version):
            self.look_again()
        view = self.view
        if not view.available:
            raise ModelNotReady("No model server has an AVAILABLE version; try again in a moment")
        if not view.of(version):
            raise VersionNotFound(version, view.available)
        return self._connection(view.of(version))

    def other_than(self, version: int, strictly: bool = False) -> Connection:
        """Those that have another version; if there are none any, or ModelNotReady where `version` must not answer."""
        others = self.view.other_than(version)
        if strictly and not others:
            raise ModelNotReady("No model version that may be served is AVAILABLE; try again in a moment")
        return self._connection(others) if others else self._any

    def look_again(self) -> None:
        """Look, unless the last look was a moment ago."""
        with self._looking:
            if self._clock() - self._looked_at >= BETWEEN_LOOKS:
                self._look()

    def look(self) -> None:
        """Ask every address for its versions and keep what they say."""
        with self._looking:
            self._look()

    def _look(self) -> None:
        with suppress(OSError):  # no answer about the name: its addresses stay as they were
            self._follow(self._resolve(self._settings.serving_target))
        calls = {
            address: STATUS.on(channel).future(self._request, timeout=ANSWER_WITHIN)
            for address, channel in self._asked.items()
        }
        self.view = View({address: self._told(address, call) for address, call in calls.items()})
        self._looked_at = self._clock()
        self._retire_unused()

    def _follow(self, addresses: tuple[str, ...]) -> None:
        for gone in self._asked.keys() - addresses:
            self._asked.pop(gone).close()
        for new in addresses:
            if new not in self._asked:
                self._asked[new] = default_channel(replace(self._settings, serving_target=new, retry_attempts=1))

    def _told(self, address: str, call: Any) -> frozenset[int]:
        try:
            response: GetModelStatusResponse = call.result()
        except grpc.RpcError as error:
            # one that is too busy to tell has what it had
            slow = error.code() is StatusCode.DEADLINE_EXCEEDED
            return self.view.versions.get(address, frozenset()) if slow else frozenset()
        return frozenset(
            row.version for row in response.model_version_status if row.state == ModelVersionStatus.State.AVAILABLE
        )

    def _connection(self, addresses: tuple[str, ...]) -> Connection:
        target = together(addresses)
        with self._connecting:
            if target not in self._connections:
                self._connections[target] = Connection(replace(self._settings, serving_target=target))
            return self._connections[target]

    def _retire_unused(self) -> None:
        view, now = self.view, self._clock()
        lists = [chosen for version in view.available for chosen in (view.of(version), view.other_than(version))]
        used = {together(addresses) for addresses in lists if addresses}
        with self._connecting:
            for unused in self._connections.keys() - used:
                self._retired.add(now, self._connections.pop(unused).close)
            self._retired.close(now)

    def close(self) -> None:
        """Close every connection; calls in flight are cancelled."""
        self._retired.close()
        for connection in (self._any, *self._connections.values()):
            connection.close()
        for channel in self._asked.values():
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
