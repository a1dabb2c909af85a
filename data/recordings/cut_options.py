"""The options of `python -m data beats`, by which recordings are cut into beats."""

from dataclasses import dataclass, field

from data.recordings.cut import Cut


@dataclass(frozen=True, slots=True)
class CutOptions:
    """Which beats of a recording are wanted, and how."""

    cut: Cut = field(default_factory=Cut)
    channel: str | None = None  # a signal's name or number
    rate: float | None = None  # samples per second, for tables without times
    invert: bool = False  # the lead is upside down
    annotations: str | None = None  # the ending of the file of annotations, or "none"
    labels: str = "aami"  # or "binary" or "symbols"
    at_least: int = 3  # beats; labels of fewer are left out
    without_paced: bool = False  # leave out recordings of which more than a tenth of the beats are paced
    skip_unreadable: bool = False  # leave out recordings that cannot be read
