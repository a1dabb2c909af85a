"""Unpacks a request body by its Content-Encoding, and checks its Content-Type."""

import io
import zlib
from typing import Final

from gateway.errors import BodyTooLarge, InvalidBeat, UnsupportedMediaType
from gateway.payload.beats import short

JSON: Final = "application/json"
FLOAT32: Final = "application/octet-stream"
_USUAL: Final = {JSON: JSON, f"{JSON}; charset=utf-8": JSON, f"{JSON};charset=utf-8": JSON, FLOAT32: FLOAT32}
_UTF8: Final = frozenset({"utf-8", "utf8", "us-ascii"})  # ASCII is a subset of UTF-8
_FIELD: Final = "Content-Encoding"
_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib's code for gzip's header and checksum
_PIECE: Final = 2**16  # bytes of input; small, because zlib copies the rest of a piece for each member and step
_STEP: Final = 2**20  # bytes of output; limited, because zlib holds a step in memory twice
# Most members of a gzip body; limited, because each costs CPU time however small it is. pigz and bgzip write a member
# per 64 KiB or more.
_MEMBERS: Final = 1024


def decode(body: bytes, encoding: str | None, limit: int) -> bytes:
    """Unpack a body by its Content-Encoding: None, `identity`, `gzip` or `x-gzip`.

    Unpacks at most `limit` + 1 bytes.

    Raises:
        BodyTooLarge: The unpacked body has more than `limit` bytes.
        InvalidBeat: The body is not gzip, is incomplete, or has bytes after the gzip data.
        UnsupportedMediaType: Another encoding.
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
    """Unpack the gzip member that begins at `at`, and return the position after it."""
    member = zlib.decompressobj(_GZIP)
    while not member.eof:
        piece = member.unconsumed_tail or body[at : at + _PIECE]
        at += 0 if member.unconsumed_tail else len(piece)
        try:
            unpacked = member.decompress(piece, min(_STEP, limit + 1 - content.tell()))
        except zlib.error:
            raise InvalidBeat(
                "The body is not gzip as its Content-Encoding says, is damaged, or has bytes after it", field=_FIELD
            ) from None
        if not piece and not unpacked and not member.eof:  # zlib may still have output after the last piece of input
            raise InvalidBeat("The gzip body is incomplete; send all of it", field=_FIELD)
        content.write(unpacked)
        if content.tell() > limit:
            raise BodyTooLarge(limit)
    return at - len(member.unused_data)


def media_type(content_type: str | None) -> str:
    """Return the media type of a Content-Type, JSON or FLOAT32.

    Raises:
        UnsupportedMediaType: There is no media type, another one, or JSON with a charset other than UTF-8 or ASCII.
    """
    usual = _USUAL.get(content_type or "")
    if usual is not None:
        return usual
    name, _, _ = (content_type or "").partition(";")
    name = name.strip().lower()
    if name not in (JSON, FLOAT32):
        sent = f"'{short(name)}'" if name else "missing"
        raise UnsupportedMediaType(
            f"The Content-Type is {sent}; send '{JSON}' or, for float32 values, '{FLOAT32}'", field="Content-Type"
        )
    if name == JSON:
        check_charset(content_type)
    return name


def check_charset(content_type: str | None) -> None:
    """Raise UnsupportedMediaType if a Content-Type of any media type has a charset other than UTF-8 or ASCII."""
    for parameter in (content_type or "").split(";")[1:]:
        key, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if key.strip().lower() == "charset" and charset not in _UTF8:
            raise UnsupportedMediaType(
                f"The charset '{short(charset)}' is not supported; send JSON in UTF-8", field="Content-Type"
            )
