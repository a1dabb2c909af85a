"""Large batches of plain beats from JSON by simdjson and numpy, a piece at a time.

A piece at a time, because a parser allocates some 15 bytes for each byte of its text: 4096 beats of 140 values (11 MB)
took 23 to 35 ms and 33 MB at once, and 15 to 19 ms and 6 MB in pieces, of which 5 are the result. It also lets other
threads run in between, as simdjson does not while it parses. The parser is dropped with the request: a worker keeps
nothing of a large body, and threads share nothing.
"""

import re
from typing import Any, Final

from gateway.payload.beats import Matrix, too_many

PIECE: Final = 2**17  # bytes; from 2**15 to 2**19 took the same time, beyond it the processor's cache is too small
_LONGEST: Final = 4 * PIECE  # bytes of a piece with a long last row
_BATCH: Final = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"instances"[ \t\n\r]*:[ \t\n\r]*\[')
_COMMA: Final = re.compile(rb"[ \t\n\r]*,")
_NOTHING: Final = re.compile(rb"[ \t\n\r]*")
_SPACE: Final = b" \t\n\r"


def read_large(body: bytes, max_batch: int, piece: int = PIECE) -> Matrix | None:
    """Read `{"instances": [[number, ...], ...]}` with rows of one length; None for all else, which is no verdict.

    Raises TooManyBeats for such a batch with more than `max_batch` rows.
    """
    start, end = _BATCH.match(body), body.rfind(b"]")
    # with a quote behind the key there is more than numbers; without any, each bracket in the text is one of a list
    if start is None or end < start.end() or body.find(b'"', start.end()) >= 0:
        return None
    if body[end + 1 :].strip(_SPACE) != b"}":
        return None
    rows = _Rows()
    comma: re.Match[bytes] | None = start
    while comma:
        cut = body.find(b"]", comma.end() + piece, end) + 1 or end
        if not rows.add(body[comma.end() : cut]):
            return None
        if rows.count > max_batch:
            rows.parts.clear()  # read on for the verdict only
        comma = _COMMA.match(body, cut, end)
        if comma is None and not _NOTHING.fullmatch(body, cut, end):
            return None
    if rows.count > max_batch:
        raise too_many(rows.count, max_batch)
    return Matrix(b"".join(rows.parts), rows.count)


class _Rows:
    """Adds up rows, each piece a JSON list without its brackets."""

    def __init__(self) -> None:
        # here, as a worker that sees single beats only must not hold them: 15 MB, and 50 ms to import
        import numpy
        import simdjson

        self.parts: list[bytes] = []
        self.count = 0
        self._width: int | None = None
        self._numpy = numpy
        self._parser = simdjson.Parser(_LONGEST)

    def add(self, text: bytes) -> bool:
        """Read one piece; tell whether it is a list of equally long lists of finite float32, and nothing else."""
        numpy = self._numpy
        try:
            rows: Any = self._parser.parse(b"[%b]" % text)
            widths = set(map(len, rows))
            values = numpy.frombuffer(rows.as_buffer(of_type="d"))
        except (ValueError, TypeError, RuntimeError, MemoryError):
            return False
        self._width = self._width or next(iter(widths), 0)
        # as_buffer joins lists in lists, of whatever lengths: there must be none, which is seen by the brackets
        lists = int(numpy.count_nonzero(numpy.frombuffer(text, numpy.uint8) == ord("[")))
        if widths != {self._width} or lists != len(rows) or len(values) != len(rows) * self._width or not self._width:
            return False
        with numpy.errstate(over="ignore"):
            packed = values.astype("<f4")
        self.parts.append(packed.tobytes())
        self.count += len(rows)
        return bool(numpy.isfinite(packed).all())
