"""Runs uvicorn with the gateway's settings: one parent process that listens, and workers with their own channels."""

import ctypes
import errno
import gc
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from uvicorn import Config
from uvicorn.config import STARTUP_FAILURE

from gateway.security.api_keys import KeysError
from gateway.settings import PREFIX, Settings, SettingsError
from gateway.supervisor import Supervisor
from gateway.telemetry import logs
from gateway.telemetry.tracing import Protocol

if TYPE_CHECKING:  # only the workers need the modules that it loads
    from gateway.exchange import Application

BACKLOG: Final = 2048
CONNECTIONS: Final = 4096  # per worker, chosen by hand; more connections get 503
KEPT: Final = 32 * 2**20  # bytes; the largest threshold that glibc accepts (DEFAULT_MMAP_THRESHOLD_MAX on 64 bits)
EVERY_HOST: Final = ("", "*", "[::]")  # IPv4 and IPv6
NO_IPV6: Final = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)
_log = logging.getLogger("gateway.server")


class Server:
    """Runs until SIGTERM, and then finishes the requests in flight."""

    def __init__(self, settings: Settings, traces: Protocol | None = None) -> None:
        self._settings = settings
        self._traces = traces  # the protocol for the workers' export

    def run(self) -> None:
        """Serve; the workers write their metrics to a temporary folder, which is removed at the end.

        Raises:
            SettingsError: The gateway cannot listen on an address of the settings.
            SystemExit: No worker could start; the log says why.
        """
        logs.configure(self._settings.log_level)
        listeners = self._listeners()
        folder = tempfile.mkdtemp(prefix="ecg-gateway-metrics-", dir=in_memory())
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # before anyone imports prometheus_client
        for name, each in zip(("Listening", "Management"), listeners, strict=False):
            _log.info("%s at http://%s", name, address_of(each))
        try:
            supervisor = Supervisor(Config(partial(self.load, folder), **options(self._settings)), listeners)
            supervisor.run()
        finally:
            shutil.rmtree(folder)
        if supervisor.failed:
            sys.exit(1)

    def _listeners(self) -> list[socket.socket]:
        """Open the listener for callers, and the management listener if the settings have an address for it."""
        listening = self._listener("listen")
        if not self._settings.management_listen:
            return [listening]
        management = self._listener("management_listen")
        port = management.getsockname()[1]
        if port == listening.getsockname()[1]:  # a worker distinguishes the listeners by their ports
            raise SettingsError(f"ECG_MANAGEMENT_LISTEN: ECG_LISTEN has the same port {port}; choose another")
        # the workers must know the port, even if the kernel chose it
        self._settings = replace(self._settings, management_listen=address_of(management))
        return [listening, management]

    def _listener(self, setting: str) -> socket.socket:
        address = getattr(self._settings, setting)
        try:
            return listener(address)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SettingsError(f"{PREFIX}{setting.upper()}={address!r}: cannot listen there: {reason}") from None

    def load(self, metrics_folder: str) -> "Application":
        """Set up this worker process and make its application here, because gRPC does not survive a fork.

        Raises:
            SystemExit: The key file or an OpenTelemetry variable is invalid; the log says why.
        """
        _end_with_parent()
        _keep_some_memory()
        logs.configure(self._settings.log_level)
        try:
            application = self.application(metrics_folder)
        except (KeysError, SettingsError) as error:
            _log.error("gateway: %s", error)
            sys.exit(STARTUP_FAILURE)
        _collect_rarely()
        return application

    def application(self, metrics_folder: str) -> "Application":
        """Make the ASGI application."""
        from gateway import composition

        return composition.application(self._settings, metrics_folder, self._traces)


def listener(address: str) -> socket.socket:
    """Listen on `host:port`, or use the already listening socket `fd://number`.

    Without a host, or with `*` or `[::]`, one socket accepts IPv4 and IPv6; on a host without IPv6, only IPv4.

    Raises:
        OSError: The address is in use, or does not belong to this host.
    """
    if address.startswith("fd://"):
        return socket.socket(fileno=int(address.removeprefix("fd://")))
    host, _, port = address.rpartition(":")
    if host in EVERY_HOST:
        return _on_every_address(int(port))
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=BACKLOG)


def _on_every_address(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True)
        except OSError as error:
            if error.errno not in NO_IPV6:
                raise
    return socket.create_server(("0.0.0.0", port), backlog=BACKLOG)


def address_of(listening: socket.socket) -> str:
    """Return the bound address as `host:port`, with brackets around IPv6."""
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def options(settings: Settings) -> dict[str, Any]:
    """Return uvicorn's options."""
    return {
        "factory": True,
        "interface": "asgi3",
        "lifespan": "on",
        "ws": "none",
        "http": "gateway.http.protocol:Protocol",
        "loop": "uvloop",
        "workers": settings.workers,
        "limit_concurrency": CONNECTIONS,
        "backlog": BACKLOG,
        "timeout_keep_alive": settings.keep_alive_seconds,
        "timeout_graceful_shutdown": settings.graceful_seconds,
        "log_config": None,  # uvicorn's loggers propagate to the gateway's handler
        "log_level": settings.log_level,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }


def _end_with_parent() -> None:
    """Have the kernel end this worker if its parent is killed; otherwise the worker would keep the port."""
    pr_set_pdeathsig = 1
    with suppress(AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _keep_some_memory() -> None:
    """Have glibc reuse up to KEPT bytes of freed memory for large bodies, instead of fresh pages from the kernel.

    Fresh pages double the CPU time of a float32 batch of 4096 beats (9.2 ms against 5.0 ms).
    """
    m_trim_threshold, m_mmap_threshold = -1, -3
    with suppress(AttributeError):  # another C library
        library = ctypes.CDLL(None)
        library.mallopt(m_mmap_threshold, KEPT)
        library.mallopt(m_trim_threshold, KEPT)


def _collect_rarely() -> None:
    """Run Python's garbage collector less often, and never on already loaded objects: each run delays requests.

    The thresholds were chosen by hand.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def in_memory() -> str | None:
    """Return a folder in memory if the system has one, because the disk may be read-only or busy; otherwise None."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None
