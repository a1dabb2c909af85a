"""Raw HTTP requests, right ones and wrong ones, whole and broken, for servers at large."""

import json
from dataclasses import dataclass
from struct import pack

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

WIDTH = 140
NUMBERS = st.floats(width=32) | st.integers(-(2**70), 2**70) | st.sampled_from([0, -0.0, 1e39, 5e-324])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NESTED = st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth)
NAME = st.from_regex(r"[A-Za-z0-9-]{1,20}", fullmatch=True).map(str.encode)
TOKEN = st.from_regex(r"[!-~]{0,20}", fullmatch=True).map(str.encode)


@dataclass(frozen=True)
class Raw:
    """Bytes for a connection, and whether as many answers must come as requests are in it."""

    content: bytes
    answers: int | None


def bodies(keys: tuple[str, ...], width: int = WIDTH) -> SearchStrategy[bytes]:
    """What may be sent: JSON that is nearly right, JSON of any kind, floats, and bytes of any kind."""
    beat = st.floats(-10, 10).map(lambda value: [value] * width)
    value = beat | st.lists(beat, max_size=4) | JSON | st.lists(NUMBERS, max_size=width + 1)
    right = st.builds(lambda key, value: {key: value}, st.sampled_from(keys), beat | st.lists(beat, max_size=4))
    named = st.dictionaries(st.sampled_from(keys) | st.text(max_size=5), value, max_size=3)
    text = (right | right | named | JSON).map(lambda content: json.dumps(content).encode())
    floats = st.lists(st.floats(width=32), max_size=3).map(lambda some: pack(f"<{len(some)}f", *some) * width)
    return text | floats | NESTED | st.binary(max_size=600) | text.map(lambda content: content[:-1])


def heads(methods: tuple[str, ...], paths: tuple[str, ...], names: tuple[str, ...]) -> SearchStrategy[bytes]:
    """A request's line and headers, without those for the body's length."""
    odd = st.from_regex(r"/[!-~]{0,30}", fullmatch=True) | st.sampled_from(
        ("/%ff", "/%00", "//", "/../x", "/static/%2e%2e/x")
    )
    target = st.sampled_from(paths) | st.sampled_from(paths) | odd
    query = st.just("") | st.from_regex(r"\?[!-~]{0,20}", fullmatch=True)
    query |= st.sampled_from(("?details=true", "?probabilities=true", "?details=%FF", "?details=true&details=x"))
    line = st.builds("{} {}{} HTTP/1.1\r\nHost: x\r\n".format, st.sampled_from(methods), target, query).map(str.encode)
    kind = (
        st.sampled_from((b"application/json", b"application/octet-stream", b"application/json; charset=\xff")) | TOKEN
    )
    value = TOKEN | TOKEN | st.binary(max_size=30).map(lambda some: some.translate(None, b"\r\n\0"))
    value |= st.sampled_from((b"Upgrade", b"upgrade, close", b"h2c", b"gzip", b"1", b"100"))
    more = st.lists(st.tuples(st.sampled_from(names).map(str.encode) | NAME, value), max_size=2)
    upgrade = st.sampled_from((b"h2c", b"websocket")).map(
        lambda kind: [(b"Connection", b"Upgrade"), (b"Upgrade", kind)]
    )
    more = more | more | more | upgrade
    return st.builds(
        lambda line, kind, more: (
            line + b"Content-Type: " + kind + b"\r\n" + b"".join(b"%s: %s\r\n" % each for each in more)
        ),
        line,
        kind,
        more,
    )


def requests(head: SearchStrategy[bytes], body: SearchStrategy[bytes]) -> SearchStrategy[Raw]:
    """One request or several on a connection: whole, chunked, cut off, of a wrong length, with flipped bytes."""
    whole = st.builds(lambda head, body: head + b"Content-Length: %d\r\n\r\n" % len(body) + body, head, body)
    chunked = st.builds(_chunked, head, body, st.integers(1, 200))
    each = whole | whole | chunked
    several = each | each | st.lists(each, min_size=1, max_size=3).map(b"".join)
    length = st.sampled_from((b"-1", b"+5", b"1e3", b"99999999999", b"9" * 30, b"", b"5, 5", b"\xb2"))
    wrong = st.builds(
        lambda head, body, size: head + b"Content-Length: " + size + b"\r\n\r\n" + body, head, body, length
    )
    cut = st.builds(lambda content, at: content[: len(content) * at // 100], several, st.integers(0, 99))
    flipped = st.builds(_flipped, several, st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), max_size=4))
    broken = wrong | cut | flipped | st.binary(max_size=300)
    # a head may end the connection or say something else of the body, so no number of answers is promised but one
    fine = several.map(lambda content: Raw(content, 1))
    return fine | fine | fine | broken.map(lambda content: Raw(content, None))


def _chunked(head: bytes, body: bytes, size: int) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    framed = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + framed + b"0\r\n\r\n"


def _flipped(content: bytes, flips: list[tuple[int, int]]) -> bytes:
    changed = bytearray(content)
    for place, bits in flips:
        changed[place % len(changed)] ^= bits
    return bytes(changed)
