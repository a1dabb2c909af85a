"""The parent process of the workers: it exits if they cannot start, and replaces workers that end later."""

import logging
import socket
import time
from collections.abc import Callable
from typing import Final

from uvicorn import Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

BETWEEN_STARTS: Final = 1.0  # seconds; a start takes about one CPU second, so failing starts need a pause
_log = logging.getLogger("gateway.supervisor")


class Supervisor(Multiprocess):
    """uvicorn's supervisor, except that a running gateway survives a worker that cannot start.

    If one of the first workers fails before any worker has served, all workers end and `failed` is True, so that the
    orchestrator sees the failure. Later the other workers keep running, and a worker is replaced at most once per
    BETWEEN_STARTS.
    """

    def __init__(
        self, config: Config, sockets: list[socket.socket], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(config, sockets)
        self.failed = False
        self._clock = clock
        self._has_served = False
        self._check_at: dict[int, float] = {}  # when to check a replacement worker again, by its place

    def keep_subprocess_alive(self) -> None:
        """Replace workers that ended or hang; uvicorn calls this every half second."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if self._clock() < self._check_at.get(place, 0.0) or self._is_alive(worker):
                continue
            worker.kill()  # it may hang
            worker.join()
            if self._is_failed_start(place, worker):
                _log.error("A worker could not start; the gateway exits")
                self.failed = True
                self.should_exit.set()
                return
            _log.warning("A worker ended with exit code %s; the gateway replaces it", worker.exitcode)
            self._replace(place)

    def _is_alive(self, worker: Process) -> bool:
        patience = self.config.timeout_worker_healthcheck
        alive = worker.is_alive(patience)
        self._has_served = self._has_served or (alive and worker.is_ready(patience))
        return alive

    def _is_failed_start(self, place: int, worker: Process) -> bool:
        """Return whether a first worker ended by itself before any worker served; a killed worker does not count.

        A worker that served only between two checks is not known to have served, so replacements never count.
        """
        return not self._has_served and place not in self._check_at and (worker.exitcode or 0) > 0

    def _replace(self, place: int) -> None:
        self._check_at[place] = self._clock() + BETWEEN_STARTS
        self.processes[place] = Process(self.config, self.sockets)
        self.processes[place].start()
