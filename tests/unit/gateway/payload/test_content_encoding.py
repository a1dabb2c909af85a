"""Content-Encoding and Content-Type: accepted and rejected ones, and the limit of unpacked bytes."""

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.errors import BodyTooLarge, InvalidBeat, UnsupportedMediaType
from gateway.payload.content_encoding import FLOAT32, JSON, decode, media_type


@pytest.mark.parametrize("encoding", [None, "", "identity", " Identity "])
def test_a_body_without_an_encoding_is_left_as_it_is(encoding):
    body = b"\x1f\x8b as it is"
    assert decode(body, encoding, 1) is body


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5), st.sampled_from(["gzip", "x-gzip", "GZIP", " gzip "]))
@example([b"x" * 300_000, b"", b"y" * 70_000], "gzip")
def test_gzip_of_one_or_more_members_is_unpacked(parts, encoding):
    body, content = b"".join(map(gzip.compress, parts)), b"".join(parts)
    assert decode(body, encoding, len(content)) == content


@given(st.binary(min_size=1, max_size=300), st.data())
def test_every_part_and_every_change_of_gzip_is_unpacked_to_the_same_or_refused(content, data):
    body = bytearray(gzip.compress(content))
    at = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(InvalidBeat):
        decode(bytes(body[:at]), "gzip", 1000)
    body[at] ^= data.draw(st.integers(1, 255))
    try:
        assert decode(bytes(body), "gzip", 1000) == content  # the change was in a time or a name
    except (InvalidBeat, BodyTooLarge):
        return


@given(st.binary(min_size=1, max_size=40))
def test_bytes_after_gzip_are_rejected(behind):
    with pytest.raises(InvalidBeat, match="gzip"):
        decode(gzip.compress(b"[1]") + behind, "gzip", 1000)


def test_no_more_than_the_limit_is_unpacked():
    bomb = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(BodyTooLarge, match="limit of 100000 bytes"):
        decode(bomb, "gzip", 100_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    with pytest.raises(BodyTooLarge):
        decode(gzip.compress(b"12345") + gzip.compress(b"67890"), "gzip", 9)
    assert decode(gzip.compress(b"12345") + gzip.compress(b"67890"), "gzip", 10) == b"1234567890"
    assert decode(gzip.compress(b""), "gzip", 0) == b""


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_large_unpacked_content_is_complete_or_rejected(size, level):
    body = gzip.compress(bytes(size), level)
    assert decode(body * 2, "gzip", 2 * size) == bytes(2 * size)
    with pytest.raises(BodyTooLarge):
        decode(body, "gzip", size - 1)
    for cut in (len(body) - 1, len(body) - 8, len(body) - 9, len(body) // 2):
        with pytest.raises(InvalidBeat, match="incomplete"):
            decode(body[:cut], "gzip", size)


def test_members_without_end_are_refused():
    with pytest.raises(InvalidBeat, match="more than 1024 members"):
        decode(gzip.compress(b"") * 1025, "gzip", 1000)


@pytest.mark.parametrize("body", [b'{"features": [1]}', zlib.compress(b"[1]"), b"\x1f\x8b"])
def test_content_that_is_not_gzip_is_rejected(body):
    with pytest.raises(InvalidBeat) as refused:
        decode(body, "gzip", 1000)
    assert refused.value.where == {"field": "Content-Encoding"}


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "gzip, identity", "x" * 99])
def test_another_encoding_is_named(encoding):
    with pytest.raises(UnsupportedMediaType, match="send 'gzip'") as refused:
        decode(b"", encoding, 1000)
    assert f"'{encoding[:37]}" in refused.value.message
    assert refused.value.code == "unsupported_media_type"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("application/json", JSON),
        ("application/json; charset=utf-8", JSON),
        ("Application/JSON;Charset=UTF-8", JSON),
        ('application/json; charset="utf8"', JSON),
        ("application/json; profile=x; charset=US-ASCII", JSON),
        ("application/json;", JSON),
        ("application/octet-stream", FLOAT32),
        ("application/octet-stream; charset=latin1", FLOAT32),
    ],
)
def test_media_types_that_are_read(value, name):
    assert media_type(value) == name


@pytest.mark.parametrize("value", ["application/json; charset=latin1", 'application/json;charset="UTF-16"'])
def test_json_in_another_charset_is_rejected_with_utf_8_named(value):
    with pytest.raises(UnsupportedMediaType, match="send JSON in UTF-8") as refused:
        media_type(value)
    assert refused.value.where == {"field": "Content-Type"}


@pytest.mark.parametrize("value", [None, "", "text/csv", "application/jsonl", "application/json, text/plain"])
def test_another_media_type_is_rejected_with_the_accepted_ones(value):
    with pytest.raises(UnsupportedMediaType, match="send 'application/json'"):
        media_type(value)
