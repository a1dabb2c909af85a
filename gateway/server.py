"""uvicorn with the gateway's settings: one process that listens, and workers that each open their own channel."""

import ctypes
import gc
import logging
import os
import shutil
import signal
import socket
import tempfile
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from uvicorn import Config
from uvicorn.supervisors import Multiprocess

from gateway.settings import Settings
from gateway.telemetry import logs

if TYPE_CHECKING:  # only the workers need what it loads
    from gateway.http.asgi import Application

BACKLOG: Final = 2048
CONNECTIONS: Final = 4096  # of each worker; the next are told 503
IDLE_SECONDS: Final = 75  # longer than the usual proxy keeps an idle connection, so that the proxy closes first
_log = logging.getLogger("gateway.server")


class Server:
    """Runs until SIGTERM, which lets the requests in flight finish."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self) -> None:
        """Serve; the workers add up their metrics in a folder that lives as long as this process."""
        logs.configure(self._settings.log_level)
        listening = listener(self._settings.listen)
        folder = tempfile.mkdtemp(prefix="ecg-gateway-metrics-", dir=in_memory())
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # before anyone imports prometheus_client
        _log.info("Listening at http://%s:%d", *listening.getsockname()[:2])
        try:
            Multiprocess(Config(partial(self.load, folder), **options(self._settings)), [listening]).run()
        finally:
            shutil.rmtree(folder)

    def load(self, metrics_folder: str) -> "Application":
        """Set up this process, a worker, and make the application in it, as gRPC does not survive a fork."""
        _end_with_parent()
        _return_large_blocks()
        logs.configure(self._settings.log_level)
        application = self.application(metrics_folder)
        _collect_rarely()
        return application

    def application(self, metrics_folder: str) -> "Application":
        """Put the parts together."""
        from gateway import composition

        return composition.application(self._settings, metrics_folder)


def listener(address: str) -> socket.socket:
    """Listen on `host:port`, or take over a listening socket as `fd://number`."""
    if address.startswith("fd://"):
        return socket.socket(fileno=int(address.removeprefix("fd://")))
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=BACKLOG)


def options(settings: Settings) -> dict[str, Any]:
    """Give uvicorn's options."""
    return {
        "factory": True,
        "interface": "asgi3",
        "lifespan": "off",
        "ws": "none",
        "http": "gateway.http.protocol:Protocol",
        "loop": "uvloop",
        "workers": settings.workers,
        "limit_concurrency": CONNECTIONS,
        "backlog": BACKLOG,
        "timeout_keep_alive": IDLE_SECONDS,
        "timeout_graceful_shutdown": settings.graceful_seconds,
        "log_config": None,  # its loggers pass on to ours
        "log_level": settings.log_level,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
    }


def _end_with_parent() -> None:
    """Have the kernel end this worker when the process that started it is killed: it would keep the port."""
    pr_set_pdeathsig = 1
    with suppress(AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def _return_large_blocks() -> None:
    """Have glibc give a large batch's memory back at once: by itself it learns to keep it, up to twice as much."""
    m_mmap_threshold = -3
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(m_mmap_threshold, 256 * 1024)


def _collect_rarely() -> None:
    """Have Python look for garbage less often, and not at what is loaded by now: each look holds up requests."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def in_memory() -> str | None:
    """Give a folder in memory where that exists, as the disk may be read-only or busy."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None
