"""The lines of a file, plain or gzip, in blocks of bounded size; knows nothing of what is in a line."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from data.errors import DataError

BLOCK_BYTES: Final = 1 << 20
LONGEST_LINE: Final = 64 << 20
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive lines, blank ones included, without their newlines."""

    first: int  # number of the first line in the file, counted from 1
    lines: list[bytes]


def read_blocks(path: Path) -> Iterator[Block]:
    """Yield the file in blocks of whole lines; DataError if it cannot be read to its end."""
    number, carry = 1, b""
    with _open(path) as stream:
        while data := _read(stream, path, number):
            text = carry + data
            lines = (text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text).splitlines(keepends=True)
            # "\r" may be half of a "\r\n"
            carry = b"" if lines[-1].endswith(b"\n") else lines.pop()
            if len(carry) > LONGEST_LINE:
                raise DataError(f"{path}, line {number + len(lines)}: longer than 64 MB; is this a CSV file?")
            if lines:
                yield Block(number, [line.rstrip(b"\r\n") for line in lines])
                number += len(lines)
    if carry:
        yield Block(number, [carry.rstrip(b"\r\n")])


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line that is not blank."""
    for block in read_blocks(path):
        for number, line in enumerate(block.lines, block.first):
            if line.strip():
                yield number, decode(line, path, number)


def decode(line: bytes, path: Path, number: int) -> str:
    """Return the line's text, or raise DataError if it is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise DataError(f"{path}, line {number}: not UTF-8 text; save the file as CSV in UTF-8") from None


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    if not path.exists():
        raise DataError(f"{path}: no such file; give the path of a CSV or TSV file")
    if not path.is_file():
        raise DataError(f"{path}: not a file; give the path of a CSV or TSV file")
    try:
        raw = path.open("rb")
    except OSError as error:
        raise DataError(f"{path}: cannot be opened ({error.strerror}); check its permissions") from None
    with raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw


def _read(stream: BinaryIO, path: Path, number: int) -> bytes:
    try:
        return stream.read(BLOCK_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DataError(f"{path}: the gzip data is cut short or damaged after line {number}; fetch it again") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the disk") from None
