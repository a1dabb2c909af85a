"""How a beat's values are cut from a recording, which the names of the values tell: `F1`, `mV-250ms`, `rr_previous`.

gateway/static/recording/cut.js reads the same names; the two are held together by a test, so change both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.errors import DataError

WINDOWS: Final = ("beat", "peak")
SCALES: Final = ("deviation", "mV")
# Milliseconds from the R peak, so that the beat's own P wave is in, and how many values: of those that were tried, the
# best by cross-validation on the 22 records DS1 of the MIT-BIH database.
PEAK_WINDOW: Final = (-250.0, 450.0)
PEAK_LENGTH: Final = 35
BEAT_LENGTH: Final = 140  # as ECG5000
RHYTHM: Final = (
    "rr_previous",
    "rr_local",
    "rr_previous_local",
    "rr_next_local",
    "rr_previous_next",
    "rr_previous_median",
)
LIKENESS: Final = ("like_beat", "like_qrs")
BESIDE: Final = re.compile(r"(rr|like)_.*")  # names of what follows the trace
STEP: Final = 0.1  # milliseconds that the names tell apart
LISTED: Final = 5  # names in a message
TIMED: Final = re.compile(r"(F|mV)(-?\d+(?:\.\d+)?)ms")
COUNTED: Final = re.compile(r"(F|mV)(\d+)")
NUMBERS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Cut:
    """How a recording is cut into beats."""

    length: int = BEAT_LENGTH  # values of the trace
    window: tuple[float, float] | None = None  # in ms from the R peak; None for one RR interval, as the UCR archive's
    scale: str = "deviation"  # mean 0 and deviation 1, or "mV": the median is taken away
    beside: tuple[str, ...] = ()  # those of RHYTHM and LIKENESS that follow the trace

    def __post_init__(self) -> None:
        if self.length < 2:
            raise DataError(f"--length must be at least 2, not {self.length}")
        if self.window and self.window[1] - self.window[0] < STEP * (self.length - 1):
            most = int((self.window[1] - self.window[0]) / STEP) + 1
            raise DataError(f"--length must be at most {most} with --window peak, not {self.length}")

    @classmethod
    def chosen(cls, length: int | None, window: str, scale: str, rhythm: bool, likeness: bool) -> "Cut":
        """Return the cut by the options of `python -m data beats`; DataError for an unknown window or scale."""
        for name, value, known in (("window", window, WINDOWS), ("scale", scale, SCALES)):
            if value not in known:
                raise DataError(f"the {name} must be {' or '.join(known)}, not {value}")
        beside = (RHYTHM if rhythm else ()) + (LIKENESS if likeness else ())
        if window == "peak":
            return cls(PEAK_LENGTH if length is None else length, PEAK_WINDOW, scale, beside)
        return cls(BEAT_LENGTH if length is None else length, None, scale, beside)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of a beat's values: F1, F2, ... or F-250ms, ..., or mV1 in millivolts; then those beside."""
        stem = "mV" if self.scale == "mV" else "F"
        if self.window is None:
            trace = [f"{stem}{number}" for number in range(1, self.length + 1)]
        else:
            trace = [f"{stem}{_shortest(place)}ms" for place in np.linspace(*self.window, self.length)]
        return (*trace, *self.beside)

    def described(self) -> str:
        """Say in words what is not as in the UCR archive's rows; "" if nothing is."""
        parts = []
        if self.window is not None:
            parts.append(f"window from {self.window[0]:g} to {self.window[1]:g} ms of the R peak")
        if self.scale == "mV":
            parts.append("in mV less the beat's median")
        if set(RHYTHM) & set(self.beside):
            parts.append("with RR intervals")
        if set(LIKENESS) & set(self.beside):
            parts.append("with the likeness to the recording's usual beat")
        return "; ".join(parts)


def trace_length(names: Sequence[str]) -> int:
    """Return how many of a beat's values are its trace: those before rhythm and likeness."""
    return next((place for place, name in enumerate(names) if BESIDE.fullmatch(name)), len(names))


def cut_of(names: Sequence[str] | None, count: int) -> Cut:
    """Return how beats are cut for a model of `count` features, by the features' names.

    Other names than those of `Cut.names` stand for beats as the UCR archive has them if they differ in numbers only, as
    t0, t1, ...; so does a model without names. Raises DataError for features that are not a beat's.
    """
    if names is None:
        return Cut(count)
    length = trace_length(names)
    trace, beside = names[:length], tuple(names[length:])
    if trace and set(beside) <= {*RHYTHM, *LIKENESS} and len(set(beside)) == len(beside):
        timed, counted = (_numbered(trace, pattern) for pattern in (TIMED, COUNTED))
        if timed and _are_even(timed[1], timed[1][-1]):
            return Cut(length, (timed[1][0], timed[1][-1]), timed[0], beside)
        if counted and _are_even(counted[1], counted[1][0] + length - 1):
            return Cut(length, None, counted[0], beside)
        if not timed and not counted and len({NUMBERS.sub("", name) for name in trace}) == 1:
            return Cut(length, beside=beside)
    listed = names if len(names) <= LISTED else (*names[:2], "...", *names[-2:])
    raise DataError(f"no recording has the features of this model ({', '.join(listed)}); give a table of them")


def _numbered(trace: Sequence[str], pattern: re.Pattern[str]) -> tuple[str, list[float]] | None:
    """Return the scale and the numbers that all names tell; None if they do not, or do not agree."""
    found = [pattern.fullmatch(name) for name in trace]
    stems = {match[1] for match in found if match}
    if None in found or len(stems) > 1:
        return None
    return "mV" if "mV" in stems else "deviation", [float(match[2]) for match in found if match]


def _are_even(numbers: Sequence[float], last: float) -> bool:
    return bool(np.abs(numbers - np.linspace(numbers[0], last, len(numbers))).max() <= STEP * 0.51)


def _shortest(place: float) -> str:
    return f"{round(place, 1) + 0.0:g}"
