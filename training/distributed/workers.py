"""The worker processes that train one model together: their addresses, and how they connect."""

import errno
import faulthandler
import json
import logging
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.errors import TrainingError, WorkerLostError

log = logging.getLogger(__name__)

REPORTED_EVERY = 10  # seconds between log lines while workers are missing


@dataclass(frozen=True, slots=True)
class Workers:
    """The addresses of all workers, and the index of this process."""

    addresses: tuple[str, ...]
    index: int

    @classmethod
    def parse(cls, config: str) -> "Workers | None":
        """Parse the value of TF_CONFIG; None if it names no other worker. Raises TrainingError if it is invalid."""
        if not config:
            return None
        try:
            settings = json.loads(config)
            ((kind, addresses),) = settings["cluster"].items()
            workers = cls(tuple(addresses), int(settings["task"]["index"]))
            known = kind == settings["task"]["type"] == "worker" and 0 <= workers.index < len(addresses)
            known = known and all(workers.place(index) for index in range(len(addresses)))
        except (ValueError, TypeError, KeyError, AttributeError):
            known = False
        if not known:
            raise TrainingError(
                f"TF_CONFIG {config!r} does not name the workers; give them as in "
                '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
            )
        return workers if len(workers.addresses) > 1 else None

    def place(self, index: int) -> tuple[str, int]:
        """Return host and port of a worker."""
        host, _, port = self.addresses[index].rpartition(":")
        return host, int(port)


@dataclass(frozen=True, slots=True)
class Team:
    """Connected workers. All must make the same calls in the same order, since each call waits for all of them."""

    workers: Workers
    strategy: Any
    _sum: Any = field(repr=False)

    @property
    def leads(self) -> bool:
        """Whether this worker writes checkpoints, evaluates and publishes."""
        return self.workers.index == 0

    @property
    def size(self) -> int:
        """The number of workers."""
        return len(self.workers.addresses)

    def total(self, numbers: list[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums of all workers' numbers. Raises WorkerLostError if a worker is lost."""
        with translating_errors():
            sums: NDArray[np.float64] = self._sum(tf.constant(numbers, tf.float64)).numpy()
        return sums

    def wait(self) -> None:
        """Wait until all workers call this. Raises WorkerLostError if a worker is lost."""
        self.total([1.0])

    def require_same(self, number: int, sentence: str) -> None:
        """Raise TrainingError with the message `sentence` unless all workers have the same `number`, below 2 ** 48."""
        if self.total([float(number)])[0] != number * self.size:
            raise TrainingError(sentence)


@contextmanager
def translating_errors() -> Iterator[None]:
    """Turn TensorFlow's errors in a call that all workers make into a WorkerLostError."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = next(
            (line for line in error.message.splitlines() if "abort" in line), error.message.partition("\n")[0]
        )
        raise WorkerLostError(
            f"another worker was lost ({reason}); start all of them again: with --run they resume after the last epoch"
        ) from error


def join(workers: Workers, patience: float) -> Team:
    """Wait for all workers and connect them. The process must not have used TensorFlow before.

    Raises TrainingError after `patience` seconds; the message names the missing workers.
    """
    log.info("Worker %d of %d, at %s", workers.index, len(workers.addresses), workers.addresses[workers.index])
    _meet(workers, time.monotonic() + patience)
    log.info("All %d workers answer; connecting them, for at most %.0f s", len(workers.addresses), patience)
    with _ended_after(patience):
        strategy = _strategy(workers)
    log.info("All workers are connected")
    return Team(workers, strategy, tf.function(partial(_sum_of_all, strategy)))


def _sum_of_all(strategy: Any, numbers: tf.Tensor) -> tf.Tensor:
    return strategy.reduce("SUM", strategy.run(tf.identity, args=(numbers,)), axis=None)


def _strategy(workers: Workers) -> Any:
    cluster = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(workers.addresses)}), task_type="worker", task_id=workers.index
    )
    cluster.rpc_layer = "grpc"
    return tf.distribute.MultiWorkerMirroredStrategy(cluster)


def _meet(workers: Workers, deadline: float) -> None:
    """Wait until all workers can reach each other: TensorFlow itself would wait for an hour and ignore signals."""
    _, port = workers.place(workers.index)
    try:
        listening = listen(port)
    except OSError as error:
        raise TrainingError(
            f"cannot listen on port {port}, on which the other workers reach this one: {error.strerror}"
        ) from error
    with listening:
        missing = {index: "" for index in range(len(workers.addresses)) if index != workers.index}
        report = time.monotonic() + REPORTED_EVERY
        while missing := {index: reason for index in missing if (reason := _unreachable(workers, index))}:
            reasons = "; ".join(missing.values())
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"waited too long for the other workers: {reasons}; "
                    "start all of them, check the network between them, or increase --worker-patience"
                )
            if time.monotonic() > report:
                report += REPORTED_EVERY
                log.info("Waiting for the other workers: %s", reasons)
            time.sleep(0.2)


def listen(port: int) -> socket.socket:
    """Listen on IPv4 and IPv6 with one socket, or only on IPv4 if there is no IPv6.

    Raises:
        OSError: The port is taken.
    """
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, backlog=64, dualstack_ipv6=True)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
    return socket.create_server(("", port), backlog=64)


def _unreachable(workers: Workers, index: int) -> str:
    host, port = workers.place(index)
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError as error:
        return f"worker {index} at {host}:{port} does not answer ({error.strerror or error})"
    return ""


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """End the process after `seconds` or on a signal, even while the block runs no Python code."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    handlers = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        for each, handler in handlers.items():
            signal.signal(each, handler)
