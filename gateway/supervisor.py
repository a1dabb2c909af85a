"""The process that starts the workers: ends when they cannot start, and replaces those that end later."""

import logging
import socket
import time
from collections.abc import Callable
from typing import Final

from uvicorn import Config
from uvicorn.supervisors import Multiprocess
from uvicorn.supervisors.multiprocess import Process

BETWEEN_STARTS: Final = 1.0  # seconds; a start costs a CPU about one, so a broken one must not be tried without a pause
_log = logging.getLogger("gateway.supervisor")


class Supervisor(Multiprocess):
    """uvicorn's, but a running gateway outlives a worker that cannot start.

    If one of the first workers fails while none is known to have served, all end and `failed` is True, so that the
    orchestrator learns of it. Later the others go on, and a worker's place is filled at most once in
    BETWEEN_STARTS.
    """

    def __init__(
        self, config: Config, sockets: list[socket.socket], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(config, sockets)
        self.failed = False
        self._clock = clock
        self._has_served = False
        self._look_at: dict[int, float] = {}  # when to look again at a worker that took another's place, by the place

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that ended or hang; uvicorn calls it every half second."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            if self._clock() < self._look_at.get(place, 0.0) or self._is_alive(worker):
                continue
            worker.kill()  # it may hang
            worker.join()
            if self._is_failed_start(place, worker):
                _log.error("A worker could not start, so the gateway ends")
                self.failed = True
                self.should_exit.set()
                return
            _log.warning("A worker ended with exit code %s; another takes its place", worker.exitcode)
            self._replace(place)

    def _is_alive(self, worker: Process) -> bool:
        patience = self.config.timeout_worker_healthcheck
        alive = worker.is_alive(patience)
        self._has_served = self._has_served or (alive and worker.is_ready(patience))
        return alive

    def _is_failed_start(self, place: int, worker: Process) -> bool:
        """Whether a first worker ended by itself and none has served; a killed one says nothing about the others.

        A worker that served only between two looks is not known to have served, so one in its place fails no start.
        """
        return not self._has_served and place not in self._look_at and (worker.exitcode or 0) > 0

    def _replace(self, place: int) -> None:
        self._look_at[place] = self._clock() + BETWEEN_STARTS
        self.processes[place] = Process(self.config, self.sockets)
        self.processes[place].start()
