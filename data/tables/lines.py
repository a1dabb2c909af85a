"""Reads text files, plain or gzip, in chunks of whole lines of bounded size."""

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

import numpy as np

from data.errors import DataError
from data.tables.formats import GZIP, LOOKED_AT, UTF_16, refuse_others

BLOCK_BYTES: Final = 1 << 21  # chosen by hand
LONGEST_LINE: Final = 64 << 20
BLANK_CHARACTERS: Final = b" \t,;|"  # a line of only these is blank: spreadsheets write such rows without values
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# minus signs and blanks of some programs and languages, in UTF-8
OTHER_SIGNS: Final = ((b"\xe2\x88\x92", b"-"), (b"\xc2\xa0", b" "), (b"\xe2\x80\xaf", b" "))
FORTRAN: Final = re.compile(rb"(?<![^\s,;|\"])([-+]?\d*[.,]\d*)[dD]([-+]\d{2,3})(?![^\s,;|\"])")
END_OF_FILE: Final = b"\x1a"  # Ctrl-Z, of DOS


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive lines of a file, including blank ones."""

    first: int  # number of the first line in the file, counted from 1
    data: bytes

    @property
    def lines(self) -> list[bytes]:
        """The lines without line ends."""
        return self.data.splitlines()

    def rows(self) -> Iterator[tuple[int, bytes]]:
        """Yield line number and bytes of each line that is not blank."""
        lines = enumerate(self.lines, self.first)
        return ((number, line) for number, line in lines if line.strip() and line.strip(BLANK_CHARACTERS))


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines without line ends, including blank ones."""

    first: int  # number of the first line in the file, counted from 1
    lines: list[bytes]


class _Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_chunks(path: Path) -> Iterator[Chunk]:
    """Yield the file in chunks of whole lines. Raises DataError if it cannot be read to its end."""
    number, carry = 1, b""
    with _open(path) as stream:
        while data := _read(stream, path, number):
            text = carry + data
            text = text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text
            # a "\r" at the end may belong to a "\r\n"
            end = max(text.rfind(b"\n"), text.rfind(b"\r", 0, max(len(text) - 1, 0))) + 1
            carry = text[end:]
            if end:
                yield Chunk(number, text[:end])
                number += _newlines(text[:end])
            if len(carry) > LONGEST_LINE:
                raise DataError(f"{path}, line {number}: longer than 64 MB; is this a CSV file?")
    if carry:
        yield Chunk(number, carry)


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the file in blocks of whole lines. Raises DataError if it cannot be read to its end."""
    return (Block(chunk.first, chunk.lines) for chunk in read_chunks(path))


def plain_chunks(path: Path) -> Iterator[Chunk]:
    """Yield chunks as `read_chunks`, with unusual signs in numbers replaced by ASCII."""
    return (Chunk(chunk.first, _plain(chunk.data)) for chunk in read_chunks(path))


def _plain(data: bytes) -> bytes:
    if not data.isascii():
        for other, usual in OTHER_SIGNS:
            data = data.replace(other, usual) if other in data else data
    if b"D" in data or b"d" in data:  # a search for one byte takes a fifth of the time of one for two
        data = FORTRAN.sub(rb"\1e\2", data)
    return data.rstrip(END_OF_FILE + b"\r\n") + b"\n" if END_OF_FILE in data[-3:] else data


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line number and text of each line that is not blank."""
    for chunk in plain_chunks(path):
        for number, line in chunk.rows():
            yield number, decode(line, path, number)


def decode(line: bytes, path: Path, number: int) -> str:
    """Return a line's text. Raises DataError if it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise DataError(f"{path}, line {number}: not UTF-8 text; save the file as CSV in UTF-8") from None


def _newlines(text: bytes) -> int:
    returns = count_byte(text, b"\r") - text.count(b"\r\n") if b"\r" in text else 0
    return count_byte(text, b"\n") + returns


def count_byte(text: bytes, byte: bytes) -> int:
    """Return how often a byte occurs; several times as fast as bytes.count for frequent bytes."""
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == byte[0]))


@contextmanager
def _open(path: Path) -> Iterator[_Stream]:
    """Open a file's text as UTF-8, decoding gzip and UTF-16. Raises DataError if it is not text."""
    if not path.exists():
        raise DataError(f"{path}: no such file; give the path of a CSV or TSV file")
    if not path.is_file():
        raise DataError(f"{path}: not a file; give the path of a CSV or TSV file")
    try:
        raw = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be opened ({error.strerror}); check its permissions") from None
    with raw:
        packed = raw.read(2) == GZIP
        raw.seek(0)
        stream = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
        start = _read(stream, path, 0, LOOKED_AT)
        refuse_others(path, start)
        stream.seek(0)
        yield _Utf16(stream, path) if start.startswith(UTF_16) else stream


class _Utf16:
    """Converts a stream of UTF-16 with a byte order mark to UTF-8."""

    def __init__(self, stream: _Stream, path: Path) -> None:
        self._stream, self._path = stream, path
        self._decoder = codecs.getincrementaldecoder("utf-16")()

    def read(self, size: int, /) -> bytes:
        text = ""
        while not text and (data := self._stream.read(size)):
            try:
                text = self._decoder.decode(data)
            except UnicodeDecodeError:
                raise DataError(
                    f"{self._path}: begins with the mark of UTF-16, but is not UTF-16 text; save it as UTF-8"
                ) from None
        return text.encode(errors="replace")


def _read(stream: _Stream, path: Path, number: int, size: int = BLOCK_BYTES) -> bytes:
    try:
        return stream.read(size)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        after = f" after line {number}" if number else ""
        raise DataError(f"{path}: the gzip data is truncated or damaged{after}; get it again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the disk") from None
