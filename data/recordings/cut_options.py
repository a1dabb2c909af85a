"""The options of `python -m data beats`."""

from dataclasses import dataclass, field

from data.recordings.cut import Cut


@dataclass(frozen=True, slots=True)
class CutOptions:
    """Which beats to take from recordings, and how to cut them."""

    cut: Cut = field(default_factory=Cut)
    channel: str | None = None  # a signal's name or number
    rate: float | None = None  # samples per second, for tables without times
    invert: bool = False  # the lead is inverted
    annotations: str | None = None  # extension of the annotation file, or "none"
    labels: str = "aami"  # or "binary" or "symbols"
    at_least: int = 3  # minimum number of beats of a label
    without_paced: bool = False  # leave out recordings with more than a tenth paced beats
    skip_unreadable: bool = False  # leave out recordings that cannot be read
