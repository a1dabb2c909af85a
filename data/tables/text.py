"""A table in lines of text, and its lines of data as CSV."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from data.tables.declared import Declared
from data.tables.dialect import loose_split
from data.tables.fields import BLANKS
from data.tables.lines import NOTHING, Chunk, plain_chunks

COMMENT_LINE: Final = re.compile(rb"^[ \t]*[%#][^\r\n]*", re.MULTILINE)
QUOTED: Final = re.compile(rb"(?<![^,{ \t\r\n])(?:'(?:[^'\\\r\n]|\\.)*'|\"(?:[^\"\\\r\n]|\\.)*\")")
ESCAPED: Final = re.compile(rb"\\(.)")
CLASS_COLON: Final = re.compile(rb":(?=[^:,\r\n]*(?:[\r\n]|\Z))")


@dataclass(frozen=True, slots=True)
class TextTable:
    """How the lines of a file are read."""

    path: Path
    note: str | None
    delimiter: str
    decimal: str
    names: tuple[str, ...] | None  # of all columns, if there is a header; "" for a column without a name
    width: int  # columns
    header_line: int  # number of the last line before the data
    trailing: int = 0  # empty fields at the end of each line, which are no columns
    declared: Declared | None = None  # of .ts and .arff
    unit: str = "line"  # what the rows are counted by

    @property
    def label(self) -> int:
        """The column of class labels that the file itself declares, else -1."""
        if self.declared is None:
            return -1
        return self.width - 1 if self.declared.is_ts else self.declared.label

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes that the file itself declares."""
        return self.declared.class_names if self.declared else None

    @property
    def booleans(self) -> frozenset[int]:
        """The columns that hold True and False: none, as these are texts here."""
        return frozenset()

    @property
    def index(self) -> frozenset[int]:
        """The columns that were the index of a pandas frame: text does not tell."""
        return frozenset()

    def chunks(self) -> Iterator[Chunk]:
        """Yield the lines of data in chunks."""
        for chunk in plain_chunks(self.path):
            skipped = self.header_line + 1 - chunk.first
            if skipped > 0:
                lines = chunk.data.splitlines(keepends=True)[skipped:]
                chunk = Chunk(self.header_line + 1, b"".join(lines))
            yield replace(chunk, data=self._plain(chunk.data)) if self.declared else chunk

    def texts(self, columns: Sequence[int]) -> Iterator[list[Sequence[str]]]:
        """Yield the given columns as texts, a chunk after another, without the rows that are malformed."""
        for chunk in self.chunks():
            found = (self._some(line.decode(errors="replace"), columns) for _, line in self.rows(chunk))
            rows = [fields for fields in found if fields is not None]
            yield [[fields[place] for fields in rows] for place in range(len(columns))]

    def rows(self, chunk: Chunk) -> Iterator[tuple[int, bytes]]:
        """Yield number and bytes of each of the chunk's lines that is a row, malformed ones included."""
        return ((number, line) for number, line in chunk.rows() if not self._is_comment(line))

    def asides(self, chunk: Chunk) -> Iterator[tuple[int, str]]:
        """Yield number and kind of each of the chunk's lines that is neither a row nor blank."""
        for number, line in enumerate(chunk.lines, chunk.first):
            if not line.strip(NOTHING):
                if line.strip(b" ") and (self.delimiter.encode() in line and self.delimiter != BLANKS):
                    yield number, "an empty row"
            elif self._is_comment(line):
                yield number, "a comment"

    def aside_at_end(self, chunk: Chunk) -> tuple[int, str] | None:
        """Return number and kind of the first of the lines after the chunk's last row that are not blank."""
        end = chunk.data.rstrip(b" \r\n")
        begin = max(end.rfind(b"\n"), end.rfind(b"\r")) + 1
        if end[begin:].strip(NOTHING) and not self._is_comment(end[begin:]):
            return None
        last = max((number for number, _ in self.rows(chunk)), default=0)
        return next(((number, kind) for number, kind in self.asides(chunk) if number > last), None)

    def _is_comment(self, line: bytes) -> bool:
        """Say whether a line begins as a comment does, and is no row whose first field does."""
        if line.lstrip()[:1] not in (b"#", b"%"):
            return False
        return not self._is_whole(len(loose_split(line.decode(errors="replace"), self.delimiter)))

    def _some(self, row: str, columns: Sequence[int]) -> list[str] | None:
        """Return some of a row's fields, of which the others are not told apart, or None if their number is wrong."""
        if self.delimiter == BLANKS or '"' in row:
            fields = loose_split(row, self.delimiter)
            return [fields[column] for column in columns] if self._is_whole(len(fields)) else None
        width = row.count(self.delimiter) + 1
        if not self._is_whole(width):
            return None
        return [_field(row, self.delimiter, column, width).strip() for column in columns]

    def _is_whole(self, fields: int) -> bool:
        return self.width <= fields <= self.width + self.trailing

    def _plain(self, data: bytes) -> bytes:
        """Return lines of .ts or .arff as lines of CSV, without comments."""
        data = COMMENT_LINE.sub(b"", data)
        if self.declared and self.declared.is_ts:
            return CLASS_COLON.sub(b",", data)
        return QUOTED.sub(_in_double_quotes, data) if b"'" in data or b"\\" in data else data


def _in_double_quotes(found: re.Match[bytes]) -> bytes:
    """Return a text in Weka's quotes, which escapes by a backslash, as CSV has it."""
    return b'"' + ESCAPED.sub(rb"\1", found[0][1:-1]).replace(b'"', b'""') + b'"'


def _field(row: str, delimiter: str, column: int, width: int) -> str:
    if 2 * column < width:
        return row.split(delimiter, column + 1)[column]
    return row.rsplit(delimiter, width - column)[column - width]
