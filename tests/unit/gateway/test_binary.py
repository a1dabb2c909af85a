"""Beats as float32 bytes: on both request paths, and their errors."""

import struct
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidBeat, Misfit, TooManyBeats
from gateway.model import ServedModel
from gateway.payload.binary import Float32Rows, all_finite
from tests.support.gateway.gateway_errors import assert_error

MODEL = ServedModel(1, 3)


def pack(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


@given(st.lists(st.floats(width=32), max_size=20))
def test_infinities_and_nans_are_found_and_nothing_else(values):
    assert all_finite(pack(*values)) == all(value - value == 0 for value in values)


def test_whole_beats_fit():
    assert Float32Rows(pack(1, 2, 3, 4, 5, 6), 2).fit(MODEL) == pack(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("body", [b"", pack(1, 2), pack(1, 2, 3) + b"\0", pack(1, 2, 3, 4)])
def test_an_incomplete_beat_is_rejected(body):
    with pytest.raises(Misfit, match=f"{len(body)} bytes; a beat of the model has 12"):
        Float32Rows(body, 9).fit(MODEL)


def test_a_batch_has_a_limit():
    with pytest.raises(TooManyBeats, match="2 beats; at most 1"):
        Float32Rows(pack(1, 2, 3, 4, 5, 6), 1).fit(MODEL)


@pytest.mark.parametrize("value", [inf, -inf, nan])
def test_the_value_that_is_not_finite_is_named(value):
    with pytest.raises(InvalidBeat, match=r"beat 1\[2\] is not a finite float32") as caught:
        Float32Rows(pack(1, 2, 3e38, 4, 5, value), 9).fit(MODEL)
    assert caught.value.where == {"instance": 1, "index": 2}


def test_bytes_are_answered_as_json_is(client):
    by_json = client.post("/predict", json={"instances": [[0.5, 1, 2], [1, 2, 3]]})
    by_bytes = client.post("/predict", data=pack(0.5, 1, 2, 1, 2, 3), content_type="application/octet-stream")
    assert (by_bytes.status_code, by_bytes.json) == (200, by_json.json)
    wrong = client.post("/predict", data=b"123", content_type="application/octet-stream")
    assert_error(wrong, 400, "invalid_request", "3 bytes")
