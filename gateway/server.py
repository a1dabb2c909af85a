"""gunicorn with the gateway's settings: one process that listens, and workers that each open their own channel."""

import ctypes
import os
from contextlib import suppress
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from gateway.settings import Settings


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Runs until SIGTERM, which lets the requests in flight finish."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its options; it reads neither files nor variables of its own."""
        for name, value in options(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application; called in each worker, as gRPC does not survive a fork."""
        from gateway import logs
        from gateway.app import create_app
        from gateway.connection import Connection
        from gateway.model_server import ModelServer
        from gateway.predictor import Predictor

        _return_large_blocks()
        settings = self._settings
        logs.configure(settings.log_level)
        return create_app(settings, Predictor(ModelServer(Connection(settings), settings)))


def _return_large_blocks() -> None:
    """Have glibc give a large batch's memory back at once: by itself it learns to keep it, up to twice as much."""
    m_mmap_threshold = -3
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(m_mmap_threshold, 256 * 1024)


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
        # heartbeats go through a file: in memory where that exists, so that the disk may be read-only or busy
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
    }
