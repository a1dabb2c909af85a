"""Reads large batches of unnamed beats from JSON by simdjson and numpy, in pieces.

In pieces, because the parser allocates some 15 bytes for each byte of its text: 4096 beats of 140 values (11 MB) took
23 to 35 ms and 33 MB as a whole, and 15 to 19 ms and 6 MB in pieces, including 5 MB for the result. simdjson holds
Python's global lock while it parses, so pieces also let other threads run in between. Each request has its own parser,
so threads share nothing, and a worker keeps no memory of a large body.
"""

import re
from typing import Any, Final

from gateway.payload.beats import Matrix, too_many

PIECE: Final = 2**17  # bytes; 2**15 to 2**19 took the same time in a measurement; more exceeds the processor's cache
_LONGEST: Final = 4 * PIECE  # bytes of the largest piece, which may end with a long row
_BATCH: Final = re.compile(rb'[ \t\n\r]*\{[ \t\n\r]*"instances"[ \t\n\r]*:[ \t\n\r]*\[')
_COMMA: Final = re.compile(rb"[ \t\n\r]*,")
_NOTHING: Final = re.compile(rb"[ \t\n\r]*")
_SPACE: Final = b" \t\n\r"


def read_large(body: bytes, max_batch: int, piece: int = PIECE) -> Matrix | None:
    """Read `{"instances": [[number, ...], ...]}` with rows of one length, in pieces of about `piece` bytes.

    None means that the body has another form; it may still be valid.

    Raises:
        TooManyBeats: The batch has this form and more than `max_batch` rows.
    """
    start, end = _BATCH.match(body), body.rfind(b"]")
    # a quote after the key means that there are not only numbers; without quotes, each bracket belongs to a list
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
            rows.parts.clear()  # continue only to check the form and to count
        comma = _COMMA.match(body, cut, end)
        if comma is None and not _NOTHING.fullmatch(body, cut, end):
            return None
    if rows.count > max_batch:
        raise too_many(rows.count, max_batch)
    return Matrix(b"".join(rows.parts), rows.count)


class _Rows:
    """Collects the rows of pieces; each piece is a JSON list without its brackets."""

    def __init__(self) -> None:
        # imported here, so that workers without large batches save 15 MB and 50 ms
        import numpy
        import simdjson

        self.parts: list[bytes] = []
        self.count = 0
        self._width: int | None = None
        self._numpy = numpy
        self._parser = simdjson.Parser(_LONGEST)

    def add(self, text: bytes) -> bool:
        """Add one piece; return whether it has only equally long lists of finite float32."""
        numpy = self._numpy
        try:
            rows: Any = self._parser.parse(b"[%b]" % text)
            widths = set(map(len, rows))
            values = numpy.frombuffer(rows.as_buffer(of_type="d"))
        except (ValueError, TypeError, RuntimeError, MemoryError):
            return False
        self._width = self._width or next(iter(widths), 0)
        # as_buffer flattens nested lists of any lengths; the number of brackets shows that there are none
        lists = int(numpy.count_nonzero(numpy.frombuffer(text, numpy.uint8) == ord("[")))
        if widths != {self._width} or lists != len(rows) or len(values) != len(rows) * self._width or not self._width:
            return False
        with numpy.errstate(over="ignore"):
            packed = values.astype("<f4")
        self.parts.append(packed.tobytes())
        self.count += len(rows)
        return bool(numpy.isfinite(packed).all())
