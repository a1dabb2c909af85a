"""Chooses the lead among a recording's signals: the requested one, or the one that is most likely an ECG."""

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.recordings.signals import LOWEST_RATE, Channel, DescribedSignals, Signals

HEART_RATE_UNITS: Final = ("bpm", "/min", "1/min", "beats/min", "hz", "ms", "s", "%")  # units

log = logging.getLogger(__name__)

OTHER_SIGNALS: Final = re.compile(
    r"^(hr|rr|label)|(^|[^a-z])(marker|event|trig|status|annotation|counter|packet|button|heart ?rate|pulse|bpm|resp|"
    r"breath|temp|acc|gyro|magn|imu|ppg|pleth|spo2|sao2|batt|eda|gsr|emg|eeg|eog|abp|pressure|quality|steps)|"
    r"(^|[^a-z])(hr|rr|bp|flow|red|ir|green|[agm]?[xyz])([^a-z]|$)",
    re.IGNORECASE,
)  # words in names of other signals
POSSIBLE_LEADS: Final = re.compile(
    r"lead|volt|value|signal|(^|[^a-z])(mv|uv|[av]?i{1,3}|av[rlf]|ml ?i{1,3}|mcl ?\d|v\d|ch ?\d)([^a-z]|$)",
    re.IGNORECASE,
)  # words in names of leads and of signals that may be an ECG


def choose(path: Path, signals: Signals, channel: str | None) -> list[int]:
    """Return the index of the lead, or the two indices of a difference: the first minus the second.

    `channel` is a name, a number from 0, or `A-B` for signals named A and B, or A-Ref and B-Ref with one reference.
    Without it the first signal named ECG is taken, else a lead, a voltage or a value, else the first that is not named
    as a marker, an acceleration or the like, else the first, with a warning. If rates and units are known, signals of
    40 Hz or more and voltages are preferred. Raises DataError for an unknown or ambiguous channel; the message lists
    the channels.
    """
    names = signals.names
    channels = signals.channels if isinstance(signals, DescribedSignals) else None
    if not names:
        raise DataError(f"{path}: no signal in this recording")
    described: Sequence[Channel | None] = channels or [None] * len(names)
    if channel is None:
        units = [signals.unit(index) for index in range(len(names))]
        chosen = [min(range(len(names)), key=lambda index: _unlikeness(names[index], units[index], described[index]))]
        for doubt in _doubts(names, chosen[0]):
            log.warning("%s: %s", path.name, doubt)
    else:
        chosen = _requested(path, names, channel)
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


def _is_called_ecg(name: str) -> bool:
    return any(word in name.lower() for word in ("ecg", "ekg"))


def _doubts(names: Sequence[str], chosen: int) -> Iterator[str]:
    """Yield what is doubtful about a signal that was chosen automatically."""
    name = names[chosen]
    same = [index for index, other in enumerate(names) if other.lower() == name.lower()]
    if len(same) > 1:
        places = " and ".join(map(str, same))
        yield f"channels {places} have the name {name}; {chosen} is taken, unless --channel names another number"
    if not _is_called_ecg(name) and OTHER_SIGNALS.search(name):
        yield f"no channel is called an ECG; {name} is taken, unless --channel names another"


def _unlikeness(name: str, unit: str, channel: Channel | None) -> tuple[bool, ...]:
    """Return a sort key, lowest for the signal that is most likely the ECG."""
    unnamed = not _is_called_ecg(name) or (channel is not None and channel.unit.lower() in HEART_RATE_UNITS)
    other = unnamed and OTHER_SIGNALS.search(name) is not None
    by_name = unnamed, other, unnamed and unit != "mV" and not POSSIBLE_LEADS.search(name)
    if channel is None:
        return *by_name, unit != "mV"
    return bool(channel.unreadable), channel.rate < LOWEST_RATE, *by_name, unit not in ("mV", "")


def _requested(path: Path, names: Sequence[str], channel: str) -> list[int]:
    folded, wanted = [name.lower() for name in names], channel.strip().lower()
    same = [index for index, name in enumerate(folded) if name == wanted]
    if len(same) > 1:
        places = " and ".join(map(str, same))
        raise DataError(
            f"{path}: channels {places} have the name {names[same[0]]}; give the number, --channel {same[0]}"
        )
    if same:
        return same
    if wanted.isdecimal() and int(wanted) < len(names):
        return [int(wanted)]
    difference = _difference(folded, wanted)
    if not difference:
        known = ", ".join(f"{index} {name}" for index, name in enumerate(names))
        raise DataError(f"{path}: no channel {channel!r}; its channels are {known}")
    return difference


def _difference(names: list[str], wanted: str) -> list[int]:
    """Return the indices of both signals of a difference; with a reference, both have the same one."""
    references = ["", *dict.fromkeys(name[name.rindex("-") :] for name in names if "-" in name)]
    for cut in (place for place, character in enumerate(wanted) if character == "-"):
        for reference in references:
            both = [f"{part.strip()}{reference}" for part in (wanted[:cut], wanted[cut + 1 :])]
            if all(name in names for name in both):
                return [names.index(name) for name in both]
    return []
