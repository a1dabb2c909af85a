"""Several processes, on several machines, that train one model together: who they are, and how they find each other."""

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

REPORTED_EVERY = 10  # seconds


@dataclass(frozen=True, slots=True)
class Workers:
    """The addresses of all workers, and which of them this process is."""

    addresses: tuple[str, ...]
    index: int

    @classmethod
    def parse(cls, config: str) -> "Workers | None":
        """Read the text that TensorFlow names TF_CONFIG; None where it names no other worker."""
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
        """Host and port of a worker."""
        host, _, port = self.addresses[index].rpartition(":")
        return host, int(port)


@dataclass(frozen=True, slots=True)
class Team:
    """Workers that have found each other; each must make the same calls in the same order, for each waits for all."""

    workers: Workers
    strategy: Any
    _sum: Any = field(repr=False)

    @property
    def leads(self) -> bool:
        """Whether this is the worker that keeps checkpoints, evaluates and publishes."""
        return self.workers.index == 0

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self.workers.addresses)

    def total(self, numbers: list[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """The sums of all workers' numbers, the same for each; WorkerLostError where one is gone."""
        with heeding_losses():
            sums: NDArray[np.float64] = self._sum(tf.constant(numbers, tf.float64)).numpy()
        return sums

    def wait(self) -> None:
        """Go on when all workers are here; WorkerLostError where one is gone."""
        self.total([1.0])

    def require_same(self, number: int, sentence: str) -> None:
        """TrainingError with this sentence unless all workers have the same `number`, below 2 ** 48."""
        if self.total([float(number)])[0] != number * self.size:
            raise TrainingError(sentence)


@contextmanager
def heeding_losses() -> Iterator[None]:
    """Give TensorFlow's errors of a call that all workers make together as a WorkerLostError."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = next(
            (line for line in error.message.splitlines() if "abort" in line), error.message.partition("\n")[0]
        )
        raise WorkerLostError(
            f"another worker is gone ({reason}); start all of them again: with --run they go on after the last epoch"
        ) from error


def join(workers: Workers, patience: float) -> Team:
    """Wait for all workers and connect them; nothing else may have used TensorFlow before.

    Raises TrainingError, which names who is missing, after `patience` seconds.
    """
    log.info("Worker %d of %d, at %s", workers.index, len(workers.addresses), workers.addresses[workers.index])
    _meet(workers, time.monotonic() + patience)
    log.info("All %d workers answer; they are connected, or given up after %.0f s", len(workers.addresses), patience)
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
    """See all others and be seen, before TensorFlow waits for them: it does so for an hour, deaf to all else."""
    _, port = workers.place(workers.index)
    try:
        listening = listen(port)
    except OSError as error:
        raise TrainingError(f"port {port}, where the other workers look for this one: {error.strerror}") from error
    with listening:
        missing = {index: "" for index in range(len(workers.addresses)) if index != workers.index}
        report = time.monotonic() + REPORTED_EVERY
        while missing := {index: reason for index in missing if (reason := _unreachable(workers, index))}:
            reasons = "; ".join(missing.values())
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"waited too long for the other workers: {reasons}; "
                    "start all of them, let them reach each other, or give more --worker-patience"
                )
            if time.monotonic() > report:
                report += REPORTED_EVERY
                log.info("Waiting for the other workers: %s", reasons)
            time.sleep(0.2)


def listen(port: int) -> socket.socket:
    """Listen on IPv4 and IPv6 with one socket, or on IPv4 alone where there is no IPv6.

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
    """End the process if the block takes longer, or on a signal, though no Python runs meanwhile."""
    faulthandler.dump_traceback_later(seconds, exit=True)
    handlers = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        for each, handler in handlers.items():
            signal.signal(each, handler)
