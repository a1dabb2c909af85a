"""The composition root: creates the parts of a worker and connects them. Imported only in the workers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.api.app import create_app
from gateway.candidate.deployment import Rollout, read
from gateway.http.fast_path import FastPath
from gateway.http.flask_bridge import FlaskBridge
from gateway.http.lifecycle import RequestLifecycle
from gateway.http.listeners import Listeners
from gateway.http.request_body import RequestBodies
from gateway.inference.micro_batcher import MicroBatcher
from gateway.inference.version_router import VersionRouter
from gateway.model_server.discovery import ANSWER_WITHIN, Discovery
from gateway.model_server.endpoint import Endpoint
from gateway.model_server.failover import Failover
from gateway.model_server.retry_budget import RetryBudget
from gateway.routes import RouteTable
from gateway.security.api_keys import Keys
from gateway.security.authentication import Authentication
from gateway.security.browsers import Browsers
from gateway.settings import Settings
from gateway.telemetry import access_log
from gateway.telemetry.access_log import AccessLog, Write, by_logging
from gateway.telemetry.logs import Lines
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.tracing import Protocol, start_tracing

if TYPE_CHECKING:  # it loads OpenTelemetry
    from gateway.telemetry.spans import Tracing


def application(settings: Settings, metrics_folder: str, traces: Protocol | None = None) -> RequestLifecycle:
    """Make the ASGI application of a worker; it writes its access log to stderr and exports traces by `traces`.

    Args:
        settings: The gateway's settings.
        metrics_folder: The folder where all workers write their metrics.
        traces: The protocol for the export of spans; None switches tracing off.
    """
    metrics, discovery, tracing = Metrics(metrics_folder), Discovery(settings), start_tracing(traces)
    rollout = Rollout(partial(read, settings.rollout_url), metrics) if settings.rollout_url else Rollout()
    failover = Failover(discovery, settings, RetryBudget(), Endpoint.start if tracing is None else tracing.call)
    router = VersionRouter(settings, discovery, failover, rollout, metrics)
    write = Lines(settings.log_level, access_log.NAME).write
    return compose(settings, discovery, rollout, router, metrics, write, tracing)


def compose(
    settings: Settings,
    discovery: Discovery,
    rollout: Rollout,
    router: VersionRouter,
    metrics: Metrics,
    write: Write = by_logging,
    tracing: "Tracing | None" = None,
) -> RequestLifecycle:
    """Make the ASGI application around a version router.

    Raises:
        KeysError: The key file is invalid.
    """
    # first, because an invalid key file must end the start
    keys = Keys(Path(settings.api_keys_file), settings.workers) if settings.api_keys_file else None
    routes = RouteTable()
    flask = FlaskBridge(create_app(settings, routes, router, metrics), settings)
    return RequestLifecycle(
        FastPath(router, MicroBatcher(router.predict_each, settings), flask, RequestBodies(settings), settings),
        routes,
        Authentication(keys),
        Browsers(settings),
        Listeners(settings),
        AccessLog(metrics, write),
        Background(discovery, rollout if settings.rollout_url else None, router, flask, tracing).running,
        settings.deadline_seconds,
        tracing,
    )


@dataclass(frozen=True, slots=True)
class Background:
    """Starts and ends the background work of a worker: probes, the candidate, the shadow, threads, the export."""

    discovery: Discovery
    rollout: Rollout | None
    router: VersionRouter
    flask: FlaskBridge
    tracing: "Tracing | None" = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Probe endpoints and read the candidate once, then keep doing so in the background until the block ends."""
        await self.discovery.probe_again(ANSWER_WITHIN)  # limited, so that a hanging endpoint cannot stop the start
        tasks = [asyncio.create_task(self.discovery.run())]
        if self.rollout is not None:
            await self.rollout.refresh()
            tasks.append(asyncio.create_task(self.rollout.run()))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)
            await self.router.shadow.close()
            await self.discovery.close()
            self.flask.close()
            if self.tracing is not None:
                await self.tracing.close()
