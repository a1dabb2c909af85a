"""Which signal of a recording is the lead: the one that was asked for, or the one that is most likely an ECG."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.recordings.signals import LOWEST_RATE, Channel, DescribedSignals, Signals

OF_A_HEART_RATE: Final = ("bpm", "/min", "1/min", "beats/min", "hz", "ms", "s", "%")  # units

NO_ECG: Final = re.compile(
    r"marker|event|trigger|trig|status|annotation|label|counter|packet|button|hr|heart ?rate|bpm|rr|resp|temp|acc|gyro|"
    r"ppg|pleth|spo2|battery",
    re.IGNORECASE,
)  # how names of other signals begin


def choose(path: Path, signals: Signals, channel: str | None) -> list[int]:
    """Return the place of the lead among the signals, or of the two of which the first is taken less the second.

    `channel` is a name, a number from 0, or `A-B` of signals that are called A and B or are against one reference,
    A-Ref and B-Ref. Without it the first that is called an ECG is taken, else the first that is not called a marker, a
    heart rate or the like; where rates and units are known, one of 40 Hz or more and of a voltage goes before others.
    DataError says which channels there are.
    """
    names = signals.names
    channels = signals.channels if isinstance(signals, DescribedSignals) else None
    if not names:
        raise DataError(f"{path}: no signal in this recording")
    described: Sequence[Channel | None] = channels or [None] * len(names)
    if channel is None:
        chosen = [min(range(len(names)), key=lambda index: _unlikeness(names[index], described[index]))]
    else:
        chosen = _asked_for(path, names, channel)
    if channels:
        _check(path, channels, chosen)
    return chosen


def _check(path: Path, channels: Sequence[Channel], chosen: Sequence[int]) -> None:
    for channel in (channels[index] for index in chosen):
        if channel.unreadable:
            others = ", ".join(f"{index} {other.name}" for index, other in enumerate(channels) if not other.unreadable)
            remedy = f"channels that can be read are {others}" if others else "none of its channels can be read"
            raise DataError(f"{path}: {channel.name} {channel.unreadable}; {remedy}")
    if len({(channels[index].rate, channels[index].unit) for index in chosen}) > 1:
        kinds = " and ".join(
            f"{channels[index].name} has {channels[index].rate:g} Hz and the unit {channels[index].unit or 'none'}"
            for index in chosen
        )
        raise DataError(f"{path}: {kinds}; only signals of one rate and unit can be subtracted")


def _unlikeness(name: str, channel: Channel | None) -> tuple[bool, ...]:
    """Return what speaks against a signal being the ECG, the most important first."""
    unnamed = not any(word in name.lower() for word in ("ecg", "ekg"))
    if channel is None:
        return unnamed, unnamed and NO_ECG.match(name) is not None
    unnamed = unnamed or channel.unit.lower() in OF_A_HEART_RATE
    other = unnamed and NO_ECG.match(name) is not None
    return bool(channel.unreadable), channel.rate < LOWEST_RATE, unnamed, other, channel.unit not in ("mV", "")


def _asked_for(path: Path, names: Sequence[str], channel: str) -> list[int]:
    folded, wanted = [name.lower() for name in names], channel.strip().lower()
    if wanted in folded:
        return [folded.index(wanted)]
    if wanted.isdecimal() and int(wanted) < len(names):
        return [int(wanted)]
    difference = _difference(folded, wanted)
    if not difference:
        known = ", ".join(f"{index} {name}" for index, name in enumerate(names))
        raise DataError(f"{path}: no channel {channel!r}; its channels are {known}")
    return difference


def _difference(names: list[str], wanted: str) -> list[int]:
    """Return the places of both signals of a difference; of those against a reference both are against the same."""
    references = ["", *dict.fromkeys(name[name.rindex("-") :] for name in names if "-" in name)]
    for cut in (place for place, character in enumerate(wanted) if character == "-"):
        for reference in references:
            both = [f"{part.strip()}{reference}" for part in (wanted[:cut], wanted[cut + 1 :])]
            if all(name in names for name in both):
                return [names.index(name) for name in both]
    return []
