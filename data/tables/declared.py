"""Reads the headers of the UCR archive's .ts and of Weka's .arff files, which both end with @data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from data.errors import DataError

QUOTED: Final = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
ATTRIBUTE: Final = re.compile(rf"@attribute\s+({QUOTED}|\S+)\s+(.*\S)\s*", re.IGNORECASE)
NAME: Final = re.compile(rf"\s*({QUOTED}|[^,]+)\s*(?:,|$)")
NOMINAL: Final = re.compile(r"\{(.*)\}")
SPARSE: Final = "a sparse row; write all values of each beat"


@dataclass(slots=True)
class Declared:
    """The content of such a header."""

    data_line: int = 0  # number of the line with @data
    names: list[str] = field(default_factory=list)  # of .arff
    class_names: tuple[str, ...] | None = None
    label: int = -1  # the label column of .arff, if exactly one column is nominal
    is_ts: bool = False


def read_declared(path: Path, lines: Iterator[tuple[int, str]]) -> Declared:
    """Read up to the line with @data. Raises DataError unless it declares beats of one lead with class labels."""
    declared, nominal = Declared(), dict[int, tuple[str, ...]]()
    for number, line in lines:
        text = line.strip()
        keyword = text.split()[0].lower()
        if keyword == "@data":
            declared.data_line = number
            break
        if keyword == "@attribute":
            name, kind = _attribute(path, number, text)
            if values := NOMINAL.fullmatch(kind):
                nominal[len(declared.names)] = _listed(values[1])
            declared.names.append(name)
        elif keyword.startswith("@") and keyword != "@relation":
            declared.is_ts = True
            _read_ts(path, number, text.split(), declared)
    else:
        raise DataError(f"{path}: no line with @data; is the file cut short?")
    if len(nominal) == 1:
        ((declared.label, declared.class_names),) = nominal.items()
    return declared


def _listed(values: str) -> tuple[str, ...]:
    """Return the names in a comma-separated list; names with commas are quoted."""
    return tuple(_unquoted(found) for found in NAME.findall(values))


def _unquoted(name: str) -> str:
    name = name.strip()
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if re.fullmatch(QUOTED, name) else name


def _attribute(path: Path, number: int, text: str) -> tuple[str, str]:
    if not (found := ATTRIBUTE.fullmatch(text)):
        raise DataError(f"{path}, line {number}: not an @attribute with a name and a type; repair the line")
    if found[2].lower().startswith("relational"):
        raise DataError(f"{path}, line {number}: several dimensions; give a file of one lead, a column per value")
    return _unquoted(found[1]), found[2]


def _read_ts(path: Path, number: int, words: list[str], declared: Declared) -> None:
    keyword, value = words[0].lower(), words[1].lower() if len(words) > 1 else ""
    if (keyword, value) == ("@univariate", "false"):
        raise DataError(f"{path}, line {number}: several dimensions; give a file of one lead")
    if (keyword, value) == ("@equallength", "false"):
        raise DataError(f"{path}, line {number}: series of several lengths; cut or pad all beats to one length")
    if (keyword, value) == ("@timestamps", "true"):
        raise DataError(f"{path}, line {number}: values with time stamps; give the values alone, evenly spaced")
    if (keyword, value) == ("@classlabel", "false"):
        raise DataError(f"{path}, line {number}: no class labels; add them after a colon at the end of each line")
    if keyword == "@classlabel":
        declared.class_names = tuple(words[2:])
