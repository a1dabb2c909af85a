"""Every method of reading a JSON batch gives the errors and values of the standard library, for any body."""

import json
import struct
import subprocess
import sys
from itertools import chain
from math import isfinite
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import GatewayError, InvalidBeat, TooManyBeats
from gateway.model import ServedModel
from gateway.payload.beats import Matrix
from gateway.payload.json_beats import LARGE, load, load_carefully, parse
from gateway.payload.large_json import read_large

ROOT = Path(__file__).parents[4]
MOST = 6  # beats
number_texts = st.one_of(
    st.floats(width=32, allow_nan=False, allow_infinity=False).map(repr),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(["0", "-0", "-0.0", "1e39", "1E5", "1e-400", "1e400", "3.4028235e38", "3.4028236e38", "0.1e+2"]),
)
odd_texts = st.sampled_from(
    ["true", "false", "null", "NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "-", "[]", "[1]", "{}", '"1"', ""]
)
spaces = st.text(" \n\t\r", max_size=2)
inserts = st.sampled_from(list(b'[]{},: "-.0eEntu\\\x00\x0b\x0c\xff\xef\xbb\xbf'))


@st.composite
def bodies(draw):
    """Nearly always a batch, most rows of one length and now and then something else in it; then bytes changed."""
    width = draw(st.integers(0, 4))
    rows = []
    for _ in range(draw(st.integers(0, MOST + 1))):
        length = width if draw(st.integers(0, 9)) else draw(st.integers(0, 4))
        kind = number_texts if draw(st.integers(0, 9)) else number_texts | odd_texts
        rows.append("[" + ",".join(draw(st.lists(kind, min_size=length, max_size=length))) + "]")
        if not draw(st.integers(0, 19)):
            rows.append(draw(odd_texts))
    gap = draw(spaces)
    body = bytearray(f'{gap}{{{gap}"instances"{gap}:{gap}[{f"{gap},{gap}".join(rows)}{gap}]{gap}}}{gap}'.encode())
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(body)))
        body[at : at + draw(st.integers(0, 2))] = bytes([draw(inserts)]) * draw(st.integers(0, 2))
    return bytes(body)


def expected(body: bytes) -> list[list[float]] | type[GatewayError]:
    """The rows as the standard library reads them, or the kind of error."""
    try:
        content = json.loads(body.decode())
    except ValueError:
        return InvalidBeat
    if not isinstance(content, dict) or content.keys() != {"instances"}:
        return InvalidBeat
    rows = content["instances"]
    if not isinstance(rows, list) or not rows:
        return InvalidBeat
    if len(rows) > MOST:
        return TooManyBeats
    rows = [[] if row == {} else row for row in rows]  # named numbers, of which there are none
    if not all(isinstance(row, list) for row in rows):
        return InvalidBeat
    return rows if all(map(is_float32, chain.from_iterable(rows))) else InvalidBeat


def is_float32(value: object) -> bool:
    if type(value) not in (int, float):
        return False
    try:
        return isfinite(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return False


def bits(rows: list[list[float]]) -> bytes:
    flat = [*chain.from_iterable(rows)]
    return struct.pack(f"<{len(flat)}f", *flat)


@given(bodies(), st.sampled_from([1, 7, 30, 10_000]))
@example(b'{"instances":[[1],2,[[3]]]}', 1)  # as many brackets as rows and one, and a value for each
@example(b'{"instances":[[1,[]],[2,[3,4]]]}', 1)
@example(b'{"instances":[[1][2]]}', 1)
@example(b'{"instances":[[1],]}', 1)
@example(b'{"instances":[[1]}]', 1)
@example(b'\xef\xbb\xbf{"instances":[[1]]}', 1)
@settings(deadline=None, max_examples=500)
def test_reading_in_pieces_gives_the_same_as_reading_at_once_or_nothing(body, piece):
    rows = expected(body)
    try:
        matrix = read_large(body, MOST, piece)
    except TooManyBeats:
        assert rows is TooManyBeats
        return
    if matrix:
        assert isinstance(rows, list)
        assert (matrix.count, matrix.values) == (len(rows), bits(rows))


@given(bodies(), st.booleans())
@example(b'{"instances":[[{"\\u0074": 1}, true]]}', False)
@settings(deadline=None, max_examples=500)
def test_small_and_large_bodies_get_the_same_verdict_and_values(body, large):
    rows = expected(body)
    asked = body + b" " * LARGE if large else body
    if not isinstance(rows, list):
        with pytest.raises(GatewayError) as refused:
            parse(asked, MOST)
        assert type(refused.value) is rows
        return
    beats = parse(asked, MOST).beats
    assert b"".join(beat.values.tobytes() for beat in beats) == bits(rows)
    assert [len(beat.values) for beat in beats] == [len(row) for row in rows]


@given(bodies())
@settings(deadline=None)
def test_large_bodies_get_the_same_errors_as_small_ones(body):
    def refusal(asked: bytes) -> tuple[str, dict[str, object]] | None:
        try:
            parse(asked, MOST)
        except GatewayError as error:
            return error.message.partition(": ")[0] if error.message.startswith(
                "Not JSON"
            ) else error.message, error.where
        return None

    assert refusal(body) == refusal(body + b" " * LARGE)


@pytest.mark.parametrize("width", [1, 3, 140])
def test_a_large_batch_of_one_length_is_one_matrix(width):
    rows = [[n / 7 + i for i in range(width)] for n in range(1 + 2 * LARGE // width // 8)]
    body = json.dumps({"instances": rows}).encode()
    assert len(body) > LARGE
    matrix = read_large(body, len(rows))
    assert isinstance(matrix, Matrix)
    assert (matrix.count, matrix.width, matrix.fit(ServedModel(1, width))) == (len(rows), width, bits(rows))
    with pytest.raises(TooManyBeats, match=f"'instances' has {len(rows)} beats; at most {len(rows) - 1} are"):
        read_large(body, len(rows) - 1)
    assert parse(body, len(rows)) == matrix


def test_rows_that_are_longer_than_a_piece_are_read_too():
    rows = [[float(n)] * 50_000 for n in range(4)]
    assert parse(json.dumps({"instances": rows}).encode(), 4).fit(ServedModel(1, 50_000)) == bits(rows)


@pytest.mark.parametrize("end", [b"}]", b"]", b"}", b"]}}", b"]},", b"]}\0", b",]}", b"]]}", b""])
def test_a_large_body_with_another_end_is_not_json(end):
    whole = json.dumps({"instances": [[0.123456789] * 140] * 100}).encode()
    assert len(whole) > LARGE
    with pytest.raises(InvalidBeat, match="Not JSON"):
        parse(whole[:-2] + end, 100)


def test_a_small_worker_stays_small():
    """A process that reads single beats and small batches imports neither simdjson nor numpy."""
    program = (
        "import sys; from gateway.payload.json_beats import parse, LARGE;"
        "parse(b'{\"features\": [1]}', 9); parse(b'{\"instances\": [[1], [2]]}', 9);"
        "assert not {'numpy', 'simdjson'} & set(sys.modules), 'imported';"
        "parse(b'{\"instances\": [[1], [2]]}' + b' ' * LARGE, 9); assert 'simdjson' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


keys = st.sampled_from(['"a"', '"b"', '"c\\""', '"\\u0061"'])
documents = st.recursive(
    st.sampled_from(["0", "-1", "2.5", "1e400", "true", "null", "NaN", '"a"', '"\\""', '"\\ud800"']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{','.join(each)}]")
        | st.lists(st.tuples(keys, inner).map(":".join), max_size=3).map(lambda pairs: f"{{{','.join(pairs)}}}")
    ),
)


@given(documents)
@settings(deadline=None)
def test_json_of_any_kind_is_read_as_carefully(text):
    def outcome(read):
        try:
            return repr(read(text.encode()))
        except InvalidBeat as error:
            return error.message

    assert outcome(load) == outcome(load_carefully)


def test_json_that_is_nested_deeply_is_read_or_refused():
    for depth in (900, 1000, 1023, 1024, 10**5):
        text = '{"a": {"b": ' + "[" * depth + "1" + "]" * depth + "}}"
        try:
            assert load(text.encode())["a"]
        except InvalidBeat as error:
            assert "nested too deeply" in error.message  # noqa: PT017
