"""Reads the metadata in the lines before the samples: rate, unit, lead name and, in JSON, the columns."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from data.recordings.text.units import HERTZ, NUMBER, SECONDS, hertz, is_unit, time_unit, to_float
from data.recordings.units import millivolts

# in the languages that watches and loggers write
RATE_KEY: Final = re.compile(
    r"sampl\w*[ _-]*(rate|freq\w*|hz)|^(fs|sr|sf|srate|hz)\b|samples? ?(per|/) ?s|samplefreq"
    r"|(abtast|mess)[ -]?(rate|freq\w*)|sampling(rate|s?frek\w*|shastighed)"
    r"|[ée]chantillonnage|muestreo|campionamento|amostragem|bemonstering\w*freq"
    r"|näytteenotto|próbkowani|vzorkov|mintavétel|örnekleme|δειγματοληψ|дискретизац"
    r"|(サンプル|サンプリング)(レート|周波数)|[采取採]样?樣?(速率|率|频率|頻率|速度)|샘플",
    re.IGNORECASE,
)
INTERVAL_KEY: Final = re.compile(r"interval|period|\bdt\b|abtastintervall|intervall", re.IGNORECASE)
PER_SAMPLE: Final = re.compile(NUMBER + r"\s*(\w+)\s*/\s*sample", re.IGNORECASE)
NOT_RATE: Final = re.compile(r"filt|notch|pass|cut|mains|netz|bandwidth|bandbreite|heart|puls|bpm", re.IGNORECASE)
LEAD_KEY: Final = re.compile(
    r"^(lead|leads|channel|kanal|canal|canale|ableitung|dérivation|derivation|derivación|derivazione|derivação|afleiding"
    r"|avledning|afledning|kytkentä|odprowadzenie|svod|отведение|誘導|导联|導程|導聯|유도)$",
    re.IGNORECASE,
)
ECG: Final = re.compile(r"ecg|ekg", re.IGNORECASE)
SEPARATORS: Final = re.compile(r"\s*[=:;,\t]\s*")


@dataclass(slots=True)
class Metadata:
    """The metadata of a recording; empty where unknown."""

    rates: list[float] = field(default_factory=list)  # samples per second, the likeliest first
    unit: str = ""
    lead: str = ""
    columns: Sequence[str] = ()  # from JSON
    sensors: Sequence[str] = ()  # of the last columns


def read_metadata(lines: Sequence[str]) -> Metadata:
    """Read the metadata from the lines before the samples, given without comment signs."""
    metadata = Metadata()
    named: list[tuple[bool, float]] = []
    others: list[tuple[bool, float]] = []
    before = ""
    for line in lines:
        key, value = key_and_value(line)
        rate = _rate(line, key, value)
        if rate is not None:
            (named if RATE_KEY.search(key) else others).append((ECG.search(line) is None, rate))
        if LEAD_KEY.match(key) and value:
            metadata.lead = value
        elif millivolts(value) is not None and not is_unit(key) and not metadata.unit:
            # watches write the lead in the line before the unit, in any language
            metadata.unit, metadata.lead = value, metadata.lead or before
        before = value
        _read_json(line, metadata)
    ranked = [rate for _, rate in sorted(named, key=lambda pair: pair[0])]
    if not ranked:
        ranked = [rate for _, rate in others]
    metadata.rates += list(dict.fromkeys(ranked))
    return metadata


def key_and_value(line: str) -> tuple[str, str]:
    """Split a line at its first separator into key and value, without quotes and trailing separators."""
    parts = SEPARATORS.split(line.strip(), maxsplit=1)
    value = parts[1].strip(" \t;,\"'") if len(parts) == 2 else ""
    return parts[0].strip(" \"'"), value


def is_metadata(line: str) -> bool:
    """Return whether a line holds the rate, the unit or the lead, and so is not a row of names."""
    bare = re.sub(r"[\[(][^\])]*[\])]", "", line)
    key, value = key_and_value(bare)
    if not value:
        return HERTZ.fullmatch(line.strip()) is not None or PER_SAMPLE.fullmatch(line.strip()) is not None
    if re.match(NUMBER, value) and _rate(line, *key_and_value(line)) is not None:
        return True
    return LEAD_KEY.match(key) is not None or (millivolts(value) is not None and not is_unit(key))


def _rate(line: str, key: str, value: str) -> float | None:
    interval = PER_SAMPLE.search(line)
    if interval and (unit := time_unit(interval[2])):
        return _inverse(to_float(interval[1]) * SECONDS[unit])
    if NOT_RATE.search(line) and not RATE_KEY.search(key):
        return None
    number = re.match(NUMBER, value)
    if number and RATE_KEY.search(key):
        return hertz(value) or to_float(number[1]) or None
    if number and INTERVAL_KEY.search(key) and (unit := time_unit(value) or time_unit(key)):
        return _inverse(to_float(number[1]) * SECONDS[unit])
    return hertz(line)


def _inverse(seconds: float) -> float | None:
    return 1 / seconds if seconds > 0 else None


def _read_json(line: str, metadata: Metadata) -> None:
    if not line.startswith("{"):
        return
    try:
        parsed = json.loads(line)
    except ValueError:
        return
    for device in _objects(parsed):
        rate = next((value for key, value in device.items() if RATE_KEY.search(key)), None)
        if isinstance(rate, int | float) and rate > 0:
            metadata.rates.append(float(rate))
        if not metadata.columns and _is_names(device.get("column")):
            metadata.columns = device["column"]
            metadata.sensors = device["sensor"] if _is_names(device.get("sensor")) else ()


def _objects(parsed: Any) -> Iterator[dict[str, Any]]:
    if isinstance(parsed, dict):
        yield parsed
        for value in parsed.values():
            yield from _objects(value)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)
