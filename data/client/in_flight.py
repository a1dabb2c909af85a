"""Sends a few batches to a gateway at a time and yields the answers in the order of the batches."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, wait
from threading import Thread
from typing import Final

from data.client.gateway import Gateway, Json
from data.client.rows import Batch

IN_FLIGHT: Final = 4  # batches
NOTICED: Final = 0.5  # seconds until a Ctrl-C is noticed

Answer = tuple[int, list[Json]]  # the model version, and a prediction for each beat


def answered(gateway: Gateway, batches: Iterable[Batch], details: bool) -> Iterator[tuple[Batch, Future[Answer]]]:
    """Yield each batch with the future of its answer, in the order of `batches`."""
    waiting: deque[tuple[Batch, Future[Answer]]] = deque()
    for batch in batches:
        waiting.append((batch, _sent(gateway, batch, details)))
        if len(waiting) == IN_FLIGHT:
            yield waiting.popleft()
    yield from waiting


def result(answer: Future[Answer]) -> Answer:
    """Wait for an answer and return it. Raises DataError if the request failed."""
    while not answer.done():
        wait([answer], NOTICED)  # a Ctrl-C just before wait() is noticed only when wait() returns
    return answer.result()


def _sent(gateway: Gateway, batch: Batch, details: bool) -> Future[Answer]:
    """Send a batch from a daemon thread, so that a slow answer does not delay the exit after Ctrl-C or an error."""
    answer: Future[Answer] = Future()

    def ask() -> None:
        try:
            answer.set_result(gateway.predict(batch.features.tobytes(), len(batch.features), details))
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=ask, daemon=True).start()
    return answer
