"""A table in lines of text, whose data lines are read as CSV."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from data.tables.declared import Declared
from data.tables.dialect import loose_split
from data.tables.fields import BLANKS
from data.tables.lines import BLANK_CHARACTERS, Chunk, plain_chunks

COMMENT_LINE: Final = re.compile(rb"^[ \t]*[%#][^\r\n]*", re.MULTILINE)
QUOTED: Final = re.compile(rb"(?<![^,{ \t\r\n])(?:'(?:[^'\\\r\n]|\\.)*'|\"(?:[^\"\\\r\n]|\\.)*\")")
ESCAPED: Final = re.compile(rb"\\(.)")
CLASS_COLON: Final = re.compile(rb":(?=[^:,\r\n]*(?:[\r\n]|\Z))")


@dataclass(frozen=True, slots=True)
class TextTable:
    """A text table and its format."""

    path: Path
    note: str | None
    delimiter: str
    decimal: str
    names: tuple[str, ...] | None  # of all columns; "" for an unnamed column; None without a header
    width: int  # columns
    header_line: int  # number of the last line before the data
    trailing: int = 0  # empty fields at the end of each line that are not columns
    declared: Declared | None = None  # of .ts and .arff
    unit: str = "line"  # the unit in which rows are counted

    @property
    def label(self) -> int:
        """The label column that the file declares, else -1."""
        if self.declared is None:
            return -1
        return self.width - 1 if self.declared.is_ts else self.declared.label

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The classes that the file declares."""
        return self.declared.class_names if self.declared else None

    @property
    def booleans(self) -> frozenset[int]:
        """The boolean columns: always empty, as booleans are text here."""
        return frozenset()

    @property
    def index(self) -> frozenset[int]:
        """The columns that were the index of a pandas frame: unknown in text, so always empty."""
        return frozenset()

    def chunks(self) -> Iterator[Chunk]:
        """Yield the data lines in chunks."""
        for chunk in plain_chunks(self.path):
            skipped = self.header_line + 1 - chunk.first
            if skipped > 0:
                lines = chunk.data.splitlines(keepends=True)[skipped:]
                chunk = Chunk(self.header_line + 1, b"".join(lines))
            yield replace(chunk, data=self._plain(chunk.data)) if self.declared else chunk

    def texts(self, columns: Sequence[int]) -> Iterator[list[Sequence[str]]]:
        """Yield the given columns as texts, chunk by chunk, without malformed rows."""
        for chunk in self.chunks():
            found = (self._some(line.decode(errors="replace"), columns) for _, line in self.rows(chunk))
            rows = [fields for fields in found if fields is not None]
            yield [[fields[place] for fields in rows] for place in range(len(columns))]

    def rows(self, chunk: Chunk) -> Iterator[tuple[int, bytes]]:
        """Yield line number and bytes of the chunk's rows, including malformed ones."""
        return ((number, line) for number, line in chunk.rows() if not self._is_comment(line))

    def non_rows(self, chunk: Chunk) -> Iterator[tuple[int, str]]:
        """Yield line number and kind of the chunk's lines that are neither rows nor blank."""
        for number, line in enumerate(chunk.lines, chunk.first):
            if not line.strip(BLANK_CHARACTERS):
                if line.strip(b" ") and (self.delimiter.encode() in line and self.delimiter != BLANKS):
                    yield number, "an empty row"
            elif self._is_comment(line):
                yield number, "a comment"

    def non_row_at_end(self, chunk: Chunk) -> tuple[int, str] | None:
        """Return line number and kind of the first non-blank line after the chunk's last row."""
        end = chunk.data.rstrip(b" \r\n")
        begin = max(end.rfind(b"\n"), end.rfind(b"\r")) + 1
        if end[begin:].strip(BLANK_CHARACTERS) and not self._is_comment(end[begin:]):
            return None
        last = max((number for number, _ in self.rows(chunk)), default=0)
        return next(((number, kind) for number, kind in self.non_rows(chunk) if number > last), None)

    def _is_comment(self, line: bytes) -> bool:
        """Return whether a line is a comment, and not a row whose first field begins like one."""
        if line.lstrip()[:1] not in (b"#", b"%"):
            return False
        return not self._is_whole(len(loose_split(line.decode(errors="replace"), self.delimiter)))

    def _some(self, row: str, columns: Sequence[int]) -> list[str] | None:
        """Return the fields of some columns, without splitting the others; None if their number is wrong."""
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
        """Convert lines of .ts or .arff to CSV, without comments."""
        data = COMMENT_LINE.sub(b"", data)
        if self.declared and self.declared.is_ts:
            return CLASS_COLON.sub(b",", data)
        return QUOTED.sub(_in_double_quotes, data) if b"'" in data or b"\\" in data else data


def _in_double_quotes(found: re.Match[bytes]) -> bytes:
    """Convert a text in Weka's quotes, with backslashes as escapes, to a quoted CSV field."""
    return b'"' + ESCAPED.sub(rb"\1", found[0][1:-1]).replace(b'"', b'""') + b'"'


def _field(row: str, delimiter: str, column: int, width: int) -> str:
    if 2 * column < width:
        return row.split(delimiter, column + 1)[column]
    return row.rsplit(delimiter, width - column)[column - width]
