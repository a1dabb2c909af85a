"""Units and rates in names of columns, in rows of units and in metadata."""

import re
from typing import Final

from data.recordings.units import millivolts

SECONDS: Final = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0, "d": 86400.0}
TIME_WORDS: Final = (
    (re.compile(r"ns|nsecs?|nanos?|nanose[ckg]\w*"), "ns"),
    (re.compile(r"us|usecs?|micros?|micro[- ]?se[ckg]\w*|mikrosek\w*"), "us"),
    (re.compile(r"ms|msecs?|millis?|mill?i[- ]?se[ckg]\w*"), "ms"),
    (re.compile(r"s|secs?|seconds?|se[ck]und\w*|secondes?|segundos?|secondi|sek"), "s"),
    (re.compile(r"min|mins|minutes?|minuten?"), "min"),
    (re.compile(r"h|hours?|hrs?"), "h"),
)
NUMBER: Final = r"(\d+(?:[.,]\d+)?)"
HERTZ_WORDS: Final = (
    r"(k?)[ _]?(?:hz|hertz|hercio\w*|гц|герц\w*|ヘルツ|赫兹|赫茲|赫|헤르츠|sps\b|samples? ?/ ?s|samples? per s)"
)
HERTZ: Final = re.compile(NUMBER + r"[ _]*" + HERTZ_WORDS, re.IGNORECASE)
BRACKETS: Final = re.compile(r"^(.*?)\s*[\[(]([^\])]*)[\])]\s*$")
NAMED_VOLTS: Final = re.compile(r"(?:^|[_ ./-])((?:[mun]|milli|micro|mikro)[ -]?(?:v|volts?))$", re.IGNORECASE)


def time_unit(text: str) -> str | None:
    """Return the unit of time, a key of SECONDS, in the name of a column or unit; the last word counts first."""
    for word in reversed(re.findall(r"[a-z]+", _plain(text).lower())):
        for pattern, unit in TIME_WORDS:
            if pattern.fullmatch(word):
                return unit
    return None


def hertz(text: str) -> float | None:
    """Return the samples per second in a text such as `ecg_250Hz` or `512,4 hertz`."""
    match = HERTZ.search(text)
    return to_float(match[1]) * (1000 if match[2] else 1) if match else None


def split_name(text: str) -> tuple[str, str]:
    """Split a column's name into name and unit: `ecg [uV]` is `ecg` and `uV`; unknown brackets stay."""
    match = BRACKETS.match(text)
    parts = [part.strip() for part in re.split(r"[,;@]", match[2])] if match else []
    known = [part for part in parts if millivolts(part) or time_unit(part) or hertz(part) or part in ("adu", "a.u.")]
    if match and known:
        return match[1] or text, next((part for part in parts if millivolts(part) or time_unit(part)), "")
    named = NAMED_VOLTS.search(_plain(text))
    return text, named[1] if named else ""


def is_unit(text: str) -> bool:
    """Return whether a field can be part of a row of units."""
    bare = text.strip("()[] ").lower()
    counted = bare in ("", "-", "adu", "nu", "a.u.", "au", "bpm", "g", "n/a", "none", "sample", "samples", "#", "%")
    clock = re.fullmatch(r"[hmsdyt:./\- ]*", bare) is not None
    return counted or clock or millivolts(bare) is not None or _is_time_word(bare)


def to_float(text: str) -> float:
    """Return a number that may have a decimal comma."""
    return float(text.replace(",", "."))


def _is_time_word(text: str) -> bool:
    return any(pattern.fullmatch(_plain(text)) for pattern, _ in TIME_WORDS)


def _plain(text: str) -> str:
    return text.strip().strip("()[] ").replace("µ", "u").replace("μ", "u")
