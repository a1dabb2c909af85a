"""Writes JSON text like tensorflow_model_server: numbers, indented objects and lists, values quoted in errors."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from serving.runtime.tensors import Array

_DIGITS: Final = {4: ".9g", 8: ".17g"}  # by size of a float in bytes: enough digits to distinguish any two floats
_SPECIAL: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
_LONGEST_QUOTE: Final = 1024  # characters; limited, because a value may be as large as the body
_QUOTES: Final = json.JSONEncoder(indent=4, ensure_ascii=False)


def string(text: str) -> str:
    """Return a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def line(level: int) -> str:
    """Return a line break and the indentation for nesting depth `level`."""
    return "\n" + 4 * level * " "


def json_object(members: Mapping[str, str], level: int) -> str:
    """Return an object at nesting depth `level`, with a line for each member."""
    start = line(level + 1)
    return "{" + ",".join(f"{start}{string(name)}: {text}" for name, text in members.items()) + line(level) + "}"


def json_list(items: Iterable[str], level: int) -> str:
    """Return a list at nesting depth `level`, with a line for each item."""
    start = line(level + 1)
    content = f",{start}".join(items)
    return f"[{start}{content}{line(level)}]" if content else "[]"


def decimals(values: Array) -> list[str]:
    """Return the texts of floats of 4 or 8 bytes: with 6 digits if they give the same float, otherwise with all."""
    floats = values.tolist()
    short = [f"{value:g}" for value in floats]
    same = (np.array([float(text) for text in short], values.dtype) == values).tolist()
    digits = _DIGITS[values.itemsize]
    return [
        _fraction(text if fits else format(value, digits))
        for text, fits, value in zip(short, same, floats, strict=True)
    ]


def _fraction(text: str) -> str:
    return text if "." in text or "e" in text else _SPECIAL.get(text) or f"{text}.0"


def quoted(value: Any) -> str:
    """Return the text of a request's value for an error message, cut if it is long."""
    if isinstance(value, float):
        with np.errstate(over="ignore"):
            single = np.float32(value)
        return decimals(np.array([single if np.isfinite(single) else value]))[0]
    text = ""
    for part in _QUOTES.iterencode(value):
        text += part
        if len(text) > _LONGEST_QUOTE:
            return f"{text[:_LONGEST_QUOTE]}..."
    return text
