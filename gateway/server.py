"""gunicorn with the gateway's settings: one process that listens, and workers that each open their own channel."""

import ctypes
import os
import shutil
import tempfile
from contextlib import suppress
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from gateway.settings import Settings


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Runs until SIGTERM, which lets the requests in flight finish."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._metrics_folder = ""
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its options; it reads neither files nor variables of its own."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application; called in each worker, as gRPC does not survive a fork."""
        from gateway import assembly, logs

        _return_large_blocks()
        logs.configure(self._settings.log_level)
        return assembly.application(self._settings, self._metrics_folder)

    def run(self) -> None:
        """Serve; the workers add up their metrics in a folder that lives as long as this process."""
        self._metrics_folder = tempfile.mkdtemp(prefix="ecg-gateway-metrics-", dir=in_memory())
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = self._metrics_folder  # before anyone imports prometheus_client
        # a hook, as workers too leave this method, and must not take the folder with them
        self.cfg.set("on_exit", lambda arbiter: shutil.rmtree(self._metrics_folder, ignore_errors=True))
        super().run()


def _return_large_blocks() -> None:
    """Have glibc give a large batch's memory back at once: by itself it learns to keep it, up to twice as much."""
    m_mmap_threshold = -3
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(m_mmap_threshold, 256 * 1024)


def in_memory() -> str | None:
    """Give a folder in memory where that exists, as the disk may be read-only or busy."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


def options(settings: Settings) -> dict[str, Any]:
    """Give gunicorn's options."""
    return {
        "bind": settings.listen,
        "workers": settings.workers,
        "worker_class": "gthread",
        "threads": settings.threads,
        "graceful_timeout": settings.graceful_seconds,
        "keepalive": 75,  # longer than the usual proxy keeps an idle connection, so that the proxy closes first
        "loglevel": settings.log_level,
        "logger_class": "gateway.logs.GunicornLogger",
        "control_socket_disable": True,
        "worker_tmp_dir": in_memory(),  # for the files of the heartbeats
    }
