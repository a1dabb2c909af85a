"""Units of voltage in all spellings."""

import re
from typing import Final

# A non-ASCII character counts as the micro sign, in Latin-1, UTF-8, code page 437 or a replacement.
VOLTAGE: Final = re.compile(
    r"(n|nano|u|micro|mikro|[^\x00-\x7f]|\?|m|milli|mili|)[ -]?v(?:ol(?!tage|ume)[a-z]*)?", re.IGNORECASE
)
MILLIVOLTS: Final = {"": 1000.0, "m": 1.0, "milli": 1.0, "mili": 1.0, "n": 1e-6, "nano": 1e-6}
MICROVOLT: Final = 1e-3


def millivolts(unit: str) -> float | None:
    """Return the millivolts in one `unit`; None if it is not a unit of voltage."""
    voltage = VOLTAGE.fullmatch(unit.strip("()[] "))
    return MILLIVOLTS.get(voltage[1].lower(), MICROVOLT) if voltage else None


def in_millivolts(unit: str) -> tuple[float, str]:
    """Return the factor to convert values of a unit, and the unit after that: mV for any voltage."""
    factor = millivolts(unit)
    return (1.0, unit.strip()) if factor is None else (factor, "mV")
