"""Units of voltage, however they are written."""

import re
from typing import Final

# All but ASCII is the micro sign: Latin-1, UTF-8, code page 437 or what a program without it wrote instead.
VOLTAGE: Final = re.compile(
    r"(n|nano|u|micro|mikro|[^\x00-\x7f]|\?|m|milli|mili|)[ -]?v(?:ol(?!tage|ume)[a-z]*)?", re.IGNORECASE
)
MILLIVOLTS: Final = {"": 1000.0, "m": 1.0, "milli": 1.0, "mili": 1.0, "n": 1e-6, "nano": 1e-6}
MICROVOLT: Final = 1e-3


def millivolts(unit: str) -> float | None:
    """Return how many mV one of a unit is; None for what is not a voltage."""
    voltage = VOLTAGE.fullmatch(unit.strip("()[] "))
    return MILLIVOLTS.get(voltage[1].lower(), MICROVOLT) if voltage else None


def in_millivolts(unit: str) -> tuple[float, str]:
    """Return what values in a unit are multiplied with, and the unit they have then: mV for any voltage."""
    factor = millivolts(unit)
    return (1.0, unit.strip()) if factor is None else (factor, "mV")
