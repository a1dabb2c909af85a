"""Endpoint discovery: finds the addresses of the serving target, and the AVAILABLE model versions of each."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any, Final

import grpc.aio
from grpc import StatusCode

from gateway.errors import ModelNotReady, VersionNotFound
from gateway.model_server.addresses import resolve
from gateway.model_server.endpoint import Endpoint, Method
from gateway.model_server.wire.serving_pb2 import (
    GetModelStatusRequest,
    GetModelStatusResponse,
    ModelSpec,
    ModelVersionStatus,
)
from gateway.settings import Settings

STATUS: Final = Method("ModelService/GetModelStatus", GetModelStatusResponse)
ANSWER_WITHIN: Final = 1.0  # seconds for the answer to a probe; chosen by hand
BETWEEN_PROBES: Final = 1.0  # seconds; chosen by hand
_log = logging.getLogger("gateway.endpoints")


class Discovery:
    """Keeps the list of endpoints and probes each of them for its versions; for one event loop."""

    def __init__(
        self,
        settings: Settings,
        resolve: Callable[[str], tuple[str, ...]] = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._resolve = resolve
        self._clock = clock
        self._endpoints: dict[str, Endpoint] = {}
        self._request = GetModelStatusRequest(model_spec=ModelSpec(name=settings.model_name))
        self._beginning: asyncio.Task[None] | None = None
        self._resolving: asyncio.Future[tuple[str, ...]] | None = None
        self._asking: dict[Endpoint, asyncio.Task[None]] = {}
        self._probed_at = -inf
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def endpoints(self) -> list[Endpoint]:
        """All endpoints."""
        return list(self._endpoints.values())

    @property
    def available(self) -> list[int]:
        """All versions that at least one endpoint has AVAILABLE, newest first."""
        versions = (endpoint.versions or () for endpoint in self._endpoints.values())
        return sorted({version for each in versions for version in each}, reverse=True)

    def any(self) -> list[Endpoint]:
        """Return the endpoints that have, or may have, an AVAILABLE version; all endpoints if there are none.

        Raises:
            ModelNotReady: No endpoint is known.
        """
        if not self._endpoints:
            raise ModelNotReady("No model server answers; try again in a moment", cause="no address is known")
        return [endpoint for endpoint in self.endpoints if endpoint.versions != frozenset()] or self.endpoints

    def having(self, version: int) -> list[Endpoint]:
        """Return the endpoints that have this version.

        Raises:
            VersionNotFound: Endpoints have only other versions.
            ModelNotReady: No endpoint has any version.
        """
        serving = [endpoint for endpoint in self.endpoints if version in (endpoint.versions or ())]
        if not serving and not (available := self.available):
            raise ModelNotReady("No model server has an AVAILABLE version; try again in a moment")
        if not serving:
            raise VersionNotFound(version, available)
        return serving

    def other_than(self, version: int, strictly: bool = False) -> list[Endpoint]:
        """Return the endpoints that have versions, but not this one; any endpoints if there are none.

        Raises:
            ModelNotReady: There are none and `strictly` is set, or no endpoint is known.
        """
        others = [endpoint for endpoint in self.endpoints if endpoint.versions and version not in endpoint.versions]
        if not others and strictly:
            raise ModelNotReady("No model version that may be served is AVAILABLE; try again in a moment")
        return others or self.any()

    async def run(self) -> None:
        """Probe every second, until cancelled."""
        while True:
            await asyncio.sleep(BETWEEN_PROBES)
            try:
                await self.probe(ejected=False)
            except Exception as error:
                _log.exception("the discovery of model servers failed", exc_info=error)

    async def probe_again(self, seconds: float = inf) -> None:
        """Probe unless the last probe was within a second; wait at most `seconds`, and not for ejected endpoints."""
        if self._clock() - self._probed_at >= BETWEEN_PROBES:
            with suppress(TimeoutError):
                async with asyncio.timeout(None if seconds == inf else seconds):
                    await self.probe(ejected=False)

    async def probe(self, ejected: bool = True) -> None:
        """Ask all endpoints for their versions, and wait for the answers; for ejected endpoints only if `ejected`.

        Concurrent callers share one probe, which continues when a caller is cancelled.
        """
        if self._beginning is None:
            self._beginning = asyncio.create_task(self._begin())
            self._beginning.add_done_callback(self._has_begun)
        await asyncio.shield(self._beginning)
        tasks = [task for endpoint, task in self._asking.items() if ejected or not endpoint.ejected]
        if tasks:
            await asyncio.wait(tasks)
        self._probed_at = self._clock()

    def _has_begun(self, _: object) -> None:
        self._beginning = None

    async def _begin(self) -> None:
        with suppress(OSError):  # the name was not resolved, so the addresses stay
            self._follow(await self._addresses())
        for endpoint in self.endpoints:
            if endpoint not in self._asking:
                task = self._asking[endpoint] = asyncio.create_task(self._ask(endpoint))
                task.add_done_callback(partial(self._has_asked, endpoint))

    def _has_asked(self, endpoint: Endpoint, task: "asyncio.Task[None]") -> None:
        del self._asking[endpoint]
        if not task.cancelled() and (error := task.exception()):
            _log.error("the probe of a model server failed", exc_info=error)

    async def _addresses(self) -> tuple[str, ...]:
        """Resolve the addresses in a thread; raise OSError if that fails or takes too long."""
        if self._resolving is None:
            ask = partial(self._resolve, self._settings.serving_target)
            self._resolving = asyncio.get_running_loop().run_in_executor(None, ask)
        # the next probe waits for the same look-up again, so that there is never more than one thread
        await asyncio.wait([self._resolving], timeout=ANSWER_WITHIN)
        if not self._resolving.done():
            raise TimeoutError
        resolving, self._resolving = self._resolving, None
        return resolving.result()

    def _follow(self, addresses: Iterable[str]) -> None:
        for gone in self._endpoints.keys() - set(addresses):
            task = asyncio.create_task(self._endpoints.pop(gone).close(self._settings.deadline_seconds))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
        for address in addresses:
            if address not in self._endpoints:
                self._endpoints[address] = Endpoint(address, self._clock)

    async def _ask(self, endpoint: Endpoint) -> None:
        since = endpoint.clock()
        try:
            response = await endpoint.start(STATUS, self._request, ANSWER_WITHIN)
        except grpc.aio.AioRpcError as error:
            if error.code() is StatusCode.DEADLINE_EXCEEDED:  # it is busy or hangs, and still has its versions
                endpoint.failed(since)
            else:
                endpoint.versions = frozenset()
            return
        endpoint.probed()
        endpoint.versions = frozenset(
            row.version for row in response.model_version_status if row.state == ModelVersionStatus.State.AVAILABLE
        )

    async def close(self) -> None:
        """Close all channels and cancel calls in flight."""
        tasks: list[asyncio.Future[Any]] = [*self._closing, *self._asking.values()]
        tasks += filter(None, [self._beginning, self._resolving])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(endpoint.close() for endpoint in self.endpoints))
