"""Distinguishes beats with values that overflow inside the model from a failing model."""

from array import array
from typing import Final

from gateway.errors import Misfit, NotFinite
from gateway.model import ATTRIBUTIONS, Answer
from gateway.payload.beats import AnyBeats

# A heartbeat of 1 mV is 1e6 nV, and converters have at most 24 bits, so no ECG in any usual unit has larger values. In
# a measurement a small network trained on beats around 1 answered exactly up to 1e37, and overflowed from 1e38 on.
LARGE: Final = 1e9
# Allowed error of the attributions' sum, as a share of the sum of their absolute values. In the same measurement the
# error was below 0.001 up to 1e37.
_UNEXPLAINED: Final = 0.02


def check_answer(beats: AnyBeats, content: bytes, count: int, error: NotFinite) -> None:
    """Raise Misfit if the beat with the answer that is not finite has a value above LARGE.

    Args:
        beats: The request's beats, which name the beat in the message.
        content: The values of `count` beats as float32, row after row.
        count: The number of beats.
        error: The error with the number of the beat.
    """
    if _is_large(content, count, error.row):
        raise _misfit(beats, error.row) from None


def check_explanations(beats: AnyBeats, content: bytes, count: int, answer: Answer) -> None:
    """Raise Misfit if a beat has a value above LARGE and its attributions do not add up to its score.

    After an overflow inside the model its answer may be finite but wrong. By the completeness axiom of integrated
    gradients the attributions sum up to `score - baseline_score`; training/export/attributions.py computes them.
    `content` has the values of `count` beats as float32, row after row.
    """
    for row, attributions in enumerate(answer.more.get(ATTRIBUTIONS, ())):
        if _is_large(content, count, row):
            difference = answer.more["score"][row] - answer.more["baseline_score"][row]
            if abs(sum(attributions) - difference) > _UNEXPLAINED * sum(map(abs, attributions)):
                raise _misfit(beats, row)


def _is_large(content: bytes, count: int, row: int) -> bool:
    size = len(content) // count
    return any(abs(value) > LARGE for value in array("f", content[row * size : (row + 1) * size]))


def _misfit(beats: AnyBeats, row: int) -> Misfit:
    where = {"instance": row} if beats.batch else {}
    name = f"{beats.path}[{row}]" if beats.batch else "features"
    return Misfit(
        f"{name} has values beyond {LARGE:g}, with which numbers overflow inside the model; "
        "send the beat in the unit of the training data",
        **where,
    )
