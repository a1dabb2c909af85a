"""A request body as its headers say it is written: undoes Content-Encoding, and checks Content-Type."""

import io
import zlib
from typing import Final

from gateway.errors import BodyTooLarge, InvalidBeat, UnsupportedMediaType
from gateway.payload.beats import short

JSON: Final = "application/json"
FLOAT32: Final = "application/octet-stream"
_USUAL: Final = {JSON: JSON, f"{JSON}; charset=utf-8": JSON, f"{JSON};charset=utf-8": JSON, FLOAT32: FLOAT32}
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii"})  # ASCII is a part of UTF-8
_FIELD: Final = "Content-Encoding"
_GZIP: Final = 16 + zlib.MAX_WBITS  # for zlib: with gzip's header and checksum
_PIECE: Final = 2**16  # bytes; what is left of a piece is copied for each member and each step
_STEP: Final = 2**20  # bytes unpacked at a time, as zlib has them in memory twice
# So that many tiny members do not keep a processor busy. pigz and bgzip write one for each 64 KiB or more.
_MEMBERS: Final = 1024


def decode(body: bytes, encoding: str | None, limit: int) -> bytes:
    """Give the body without its Content-Encoding, of which None, `identity`, `gzip` and `x-gzip` are known.

    At most one byte more than `limit` is unpacked. Raises BodyTooLarge if there are more, InvalidBeat if the body is
    not gzip, is cut short or goes on behind it, UnsupportedMediaType for another encoding.
    """
    name = (encoding or "identity").strip().lower()
    if name in ("identity", ""):
        return body
    if name not in ("gzip", "x-gzip"):
        raise UnsupportedMediaType(
            f"The Content-Encoding '{short(name)}' is not supported; send 'gzip', or no Content-Encoding", field=_FIELD
        )
    return _unzip(body, limit)


def _unzip(body: bytes, limit: int) -> bytes:
    content, at = io.BytesIO(), 0
    for _ in range(_MEMBERS):
        at = _member(memoryview(body), at, content, limit)
        if at == len(body):
            return content.getvalue()
    raise InvalidBeat(f"The gzip body has more than {_MEMBERS} members; compress it in one", field=_FIELD)


def _member(body: memoryview, at: int, content: io.BytesIO, limit: int) -> int:
    """Unpack the gzip member that begins at `at`; give the position behind it."""
    member = zlib.decompressobj(_GZIP)
    while not member.eof:
        piece = member.unconsumed_tail or body[at : at + _PIECE]
        at += 0 if member.unconsumed_tail else len(piece)
        try:
            unpacked = member.decompress(piece, min(_STEP, limit + 1 - content.tell()))
        except zlib.error:
            raise InvalidBeat(
                "The body is not gzip as its Content-Encoding says, is damaged, or goes on behind it", field=_FIELD
            ) from None
        if not piece and not unpacked and not member.eof:  # without a piece it may still hold what it has unpacked
            raise InvalidBeat("The gzip body is cut short; send all of it", field=_FIELD)
        content.write(unpacked)
        if content.tell() > limit:
            raise BodyTooLarge(limit)
    return at - len(member.unused_data)


def media_type(content_type: str | None) -> str:
    """Give the media type of a Content-Type, JSON or FLOAT32; JSON may have a charset that is a part of UTF-8.

    Raises UnsupportedMediaType for another media type, none, or another charset.
    """
    usual = _USUAL.get(content_type or "")
    if usual is not None:
        return usual
    name, _, _ = (content_type or "").partition(";")
    name = name.strip().lower()
    if name not in (JSON, FLOAT32):
        given = f"'{short(name)}'" if name else "missing"
        raise UnsupportedMediaType(
            f"The Content-Type is {given}; send '{JSON}' or, for float32 values, '{FLOAT32}'", field="Content-Type"
        )
    if name == JSON:
        check_charset(content_type)
    return name


def check_charset(content_type: str | None) -> None:
    """Raise UnsupportedMediaType for a charset that is no part of UTF-8, whatever the media type."""
    for parameter in (content_type or "").split(";")[1:]:
        key, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if key.strip().lower() == "charset" and charset not in _UTF8:
            raise UnsupportedMediaType(
                f"JSON in '{short(charset)}' is not read; send it in UTF-8", field="Content-Type"
            )
