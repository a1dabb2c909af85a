"""The cut: how a beat's values are taken from a recording. Feature names describe it: `F1`, `mV-250ms`, `rr_previous`.

gateway/static/recording/cut.js reads the same names and a test compares both, so change both.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from data.errors import DataError

WINDOWS: Final = ("beat", "peak")
SCALES: Final = ("deviation", "mV")
# Milliseconds from the R peak, with the beat's own P wave, and number of values: chosen by cross-validation on the 22
# records DS1 of the MIT-BIH database.
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
BESIDE: Final = re.compile(r"(rr|like)_.*")  # names of the features after the trace
STEP: Final = 0.1  # resolution of the names in milliseconds
LISTED: Final = 5  # names in a message
TIMED: Final = re.compile(r"(F|mV)(-?\d+(?:\.\d+)?)ms")
COUNTED: Final = re.compile(r"(F|mV)(\d+)")
NUMBERS: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Cut:
    """The cut of beats from a recording: trace, window, scale and further features."""

    length: int = BEAT_LENGTH  # values of the trace
    window: tuple[float, float] | None = None  # in ms from the R peak; None for one RR interval, as in the UCR archive
    scale: str = "deviation"  # mean 0 and deviation 1; or "mV": minus the median
    beside: tuple[str, ...] = ()  # names of RHYTHM and LIKENESS after the trace

    def __post_init__(self) -> None:
        if self.length < 2:
            raise DataError(f"--length must be at least 2, not {self.length}")
        if self.window and self.window[1] - self.window[0] < STEP * (self.length - 1):
            most = int((self.window[1] - self.window[0]) / STEP) + 1
            raise DataError(f"--length must be at most {most} with --window peak, not {self.length}")

    @classmethod
    def chosen(cls, length: int | None, window: str, scale: str, rhythm: bool, likeness: bool) -> "Cut":
        """Return the cut for the options of `python -m data beats`. Raises DataError for an unknown window or scale."""
        for name, value, known in (("window", window, WINDOWS), ("scale", scale, SCALES)):
            if value not in known:
                raise DataError(f"the {name} must be {' or '.join(known)}, not {value}")
        beside = (RHYTHM if rhythm else ()) + (LIKENESS if likeness else ())
        if window == "peak":
            return cls(PEAK_LENGTH if length is None else length, PEAK_WINDOW, scale, beside)
        return cls(BEAT_LENGTH if length is None else length, None, scale, beside)

    @property
    def names(self) -> tuple[str, ...]:
        """The feature names: F1, F2, ..., or F-250ms, ..., or mV1 for millivolts; then the further features."""
        stem = "mV" if self.scale == "mV" else "F"
        if self.window is None:
            trace = [f"{stem}{number}" for number in range(1, self.length + 1)]
        else:
            trace = [f"{stem}{_shortest(place)}ms" for place in np.linspace(*self.window, self.length)]
        return (*trace, *self.beside)

    def described(self) -> str:
        """Return in words how the cut differs from the UCR archive's; "" if it does not."""
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
    """Return how many leading values are the trace: those before rhythm and likeness."""
    return next((place for place, name in enumerate(names) if BESIDE.fullmatch(name)), len(names))


def cut_of(names: Sequence[str] | None, count: int) -> Cut:
    """Return the cut for a model with `count` features, by the features' names.

    Names that differ only in numbers, such as t0, t1, ..., and a model without names mean the cut of the UCR archive.
    Raises DataError for features that cannot be cut from a recording.
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
    raise DataError(
        f"the features of this model cannot be cut from a recording ({', '.join(listed)}); give a table with them"
    )


def _numbered(trace: Sequence[str], pattern: re.Pattern[str]) -> tuple[str, list[float]] | None:
    """Return scale and numbers of names of one pattern; None for other names or mixed scales."""
    found = [pattern.fullmatch(name) for name in trace]
    stems = {match[1] for match in found if match}
    if None in found or len(stems) > 1:
        return None
    return "mV" if "mV" in stems else "deviation", [float(match[2]) for match in found if match]


def _are_even(numbers: Sequence[float], last: float) -> bool:
    return bool(np.abs(numbers - np.linspace(numbers[0], last, len(numbers))).max() <= STEP * 0.51)


def _shortest(place: float) -> str:
    return f"{round(place, 1) + 0.0:g}"
