"""Asks a gateway for a few batches at a time, and gives the answers in the order of the batches."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, wait
from threading import Thread
from typing import Final

from data.client.gateway import Gateway, Json
from data.client.rows import Batch

IN_FLIGHT: Final = 4  # batches
NOTICED: Final = 0.5  # seconds

Answer = tuple[int, list[Json]]  # the version that answered, and a prediction for each beat


def answered(gateway: Gateway, batches: Iterable[Batch], details: bool) -> Iterator[tuple[Batch, Future[Answer]]]:
    """Yield each batch with what will be its answer, in their order."""
    waiting: deque[tuple[Batch, Future[Answer]]] = deque()
    for batch in batches:
        waiting.append((batch, _asked(gateway, batch, details)))
        if len(waiting) == IN_FLIGHT:
            yield waiting.popleft()
    yield from waiting


def result(answer: Future[Answer]) -> Answer:
    """Wait for an answer; DataError if there is none."""
    while not answer.done():
        wait([answer], NOTICED)  # a Ctrl-C just before a thread starts to wait is noticed only when that ends
    return answer.result()


def _asked(gateway: Gateway, batch: Batch, details: bool) -> Future[Answer]:
    """Ask in a thread that nobody waits for: who has given up, by Ctrl-C or an error, is not held by a slow answer."""
    answer: Future[Answer] = Future()

    def ask() -> None:
        try:
            answer.set_result(gateway.predict(batch.features.tobytes(), len(batch.features), details))
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=ask, daemon=True).start()
    return answer
