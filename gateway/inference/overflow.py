"""Beats with values so large that numbers overflow inside the model, told apart from a model that fails."""

from array import array
from typing import Final

from gateway.errors import Misfit, NotFinite
from gateway.model import ATTRIBUTIONS, Answer
from gateway.payload.beats import AnyBeats

# A heartbeat of 1 mV is 1e6 nV, and converters have at most 24 bits, so no unit of an ECG leads beyond this. A small
# network trained on beats around 1 answered exactly up to 1e37, and overflowed from 1e38 on.
LARGE: Final = 1e9
# Of the sum of the attributions' sizes; up to 1e37 the same network's attributions added up to within 0.001 of it.
_UNEXPLAINED: Final = 0.02


def blame(beats: AnyBeats, content: bytes, count: int, error: NotFinite) -> None:
    """Raise Misfit where the beat whose answer is not finite has a value beyond LARGE.

    `content` has the values of `count` beats as float32, row after row.
    """
    if _is_large(content, count, error.row):
        raise _misfit(beats, error.row) from None


def check_explanations(beats: AnyBeats, content: bytes, count: int, answer: Answer) -> None:
    """Raise Misfit where a beat has a value beyond LARGE and its attributions do not add up to its score.

    Where numbers overflow inside the model, its answer may be finite and wrong. By the axiom of completeness
    attributions sum up to `score - baseline_score`, as training/export/attributions.py has them.
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
