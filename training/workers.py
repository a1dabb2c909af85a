"""Several processes, on several machines, that train one model together: who they are, and how they find each other.

Keras 3 trains with a `tf.distribute.MultiWorkerMirroredStrategy` in loops of one's own, not in `Model.fit`.
"""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
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
        try:
            told = json.loads(config or "{}")
            addresses = tuple(map(str, told.get("cluster", {}).get("worker", [])))
            index = int(told["task"]["index"]) if addresses else 0
            known = told.get("cluster", {}).keys() <= {"worker"} and told.get("task", {}).get("type") in (
                None,
                "worker",
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            known = False
        if not known or (addresses and not 0 <= index < len(addresses)):
            raise TrainingError(
                f"TF_CONFIG {config!r} does not name the workers; give them as in "
                '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
            )
        return cls(addresses, index) if len(addresses) > 1 else None

    def others(self) -> Iterator[tuple[int, str]]:
        """Number and address of each other worker."""
        return ((index, address) for index, address in enumerate(self.addresses) if index != self.index)


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
    deadline = time.monotonic() + patience
    if workers.index:  # TensorFlow looks for worker 0 once, so that is to be there before
        _wait_until(lambda: not _missing(workers, [0]), deadline, workers)
    # In a thread, as TensorFlow would wait for an hour and heed no signal meanwhile.
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(_strategy(workers)), daemon=True)
    thread.start()
    _wait_until(lambda: not thread.is_alive(), deadline, workers)
    if not made:
        raise WorkerLostError("the workers could not connect; start all of them again")
    log.info("All %d workers are here", len(workers.addresses))
    return Team(workers, made[0], tf.function(partial(_sum_of_all, made[0])))


def _sum_of_all(strategy: Any, numbers: tf.Tensor) -> tf.Tensor:
    return strategy.reduce("SUM", strategy.run(tf.identity, args=(numbers,)), axis=None)


def _strategy(workers: Workers) -> Any:
    cluster = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(workers.addresses)}), task_type="worker", task_id=workers.index
    )
    cluster.rpc_layer = "grpc"
    return tf.distribute.MultiWorkerMirroredStrategy(cluster)


def _wait_until(done: Callable[[], bool], deadline: float, workers: Workers) -> None:
    report = time.monotonic() + REPORTED_EVERY
    while not done():
        now = time.monotonic()
        if now > deadline:
            raise TrainingError(
                f"waited too long for the other workers ({_told(workers)}); start all of them, "
                "let them reach each other, or give more --worker-patience"
            )
        if now > report:
            report = now + REPORTED_EVERY
            log.info("Waiting for the other workers: %s", _told(workers))
        time.sleep(0.2)


def _told(workers: Workers) -> str:
    missing = _missing(workers, [index for index, _ in workers.others()])
    return "; ".join(missing) or "all are there, but not connected"


def _missing(workers: Workers, indexes: list[int]) -> list[str]:
    told = []
    for index in indexes:
        host, _, port = workers.addresses[index].rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=2).close()
        except OSError as error:
            told.append(f"worker {index} at {host}:{port} does not answer ({error})")
    return told
