import json
import math
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InvalidBeat, Misfit, TooManyBeats
from gateway.model import ServedModel
from gateway.payload.beats import Beats, JsonBeats, Matrix, join
from gateway.payload.json_beats import parse

MODEL = ServedModel(version=1, width=3, feature_names=("F1", "F2", "F3"))
float32s = st.floats(width=32, allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


def read(content: object, max_batch: int = 10) -> JsonBeats:
    return parse(json.dumps(content).encode(), max_batch)


@given(st.lists(st.lists(float32s, min_size=3, max_size=3), min_size=1, max_size=10))
@settings(deadline=None)
def test_finite_float32s_keep_their_bits(rows):
    flat = [value for row in rows for value in row]
    assert read({"instances": rows}).fit(MODEL) == struct.pack(f"<{len(flat)}f", *flat)


@given(st.permutations(["F1", "F2", "F3"]), st.lists(float32s, min_size=3, max_size=3))
@settings(deadline=None)
def test_named_features_go_into_the_models_order(order, values):
    value_of = dict(zip(order, values, strict=True))
    expected = struct.pack("<3f", value_of["F1"], value_of["F2"], value_of["F3"])
    assert read({"features": value_of}).fit(MODEL) == expected


@given(st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode()))
@settings(deadline=None)
def test_any_bytes_are_beats_or_refused(body):
    try:
        beats = parse(body, 10)
    except (InvalidBeat, TooManyBeats):
        return
    assert beats.beats


@given(
    st.lists(float32s | st.integers(-(10**30), 10**30), max_size=6),
    st.sampled_from([None, True, "1", [1], {}, math.nan, math.inf, -math.inf, 1e39, -1e300, 10**40, 10**400]),
    st.lists(float32s, max_size=6),
)
@settings(deadline=None)
def test_the_first_value_that_is_not_a_finite_float32_is_named(before, culprit, after):
    with pytest.raises(InvalidBeat) as refused:
        read({"instances": [[1.0], [*before, culprit, *after]]})
    assert refused.value.where == {"instance": 1, "index": len(before)}
    assert f"instances[1][{len(before)}] is" in refused.value.message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Not JSON: Expecting value at line 1, column 1"),
        ('{"features": [1,]}', "Not JSON"),
        ('{"features": [1]', "Not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"features": ' + "[" * 100_000, "nested too deeply"),
        ('{"features": [' + "9" * 5000 + "]}", "too many digits"),
        ('{"features": [1], "features": [2]}', "occurs twice"),
        ('{"features": {"F1": 1, "F1": 2}}', "occurs twice"),
        ('{"features": [1e400]}', "features[0] is not a finite float32"),
        ('{"features": [0, -Infinity]}', "features[1] is not a finite float32"),
        ('{"features": {"F1": 1, "F2": null}}', "features['F2'] is null, not a number"),
        ('{"features": "1 2 3"}', "features must be a list of numbers"),
        ('{"features": [1], "instances": [[1]]}', "and nothing else"),
        ('{"features": [1], "threshold": 0.5}', "and nothing else"),
        ("{}", "and nothing else"),
        ("[1, 2]", "and nothing else"),
        ('{"instances": []}', "at least one beat"),
        ('{"instances": {"F1": 1}}', "must be a list"),
        ('{"instances": [[1], 2]}', "instances[1] must be a list of numbers"),
    ],
)
def test_a_wrong_body_is_rejected_with_a_message(text, sentence):
    with pytest.raises(InvalidBeat) as refused:
        parse(text.encode(), 10)
    assert sentence in refused.value.message


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"feature": [1]}', "feature"),
        ('{"features": [1], "threshold": 0.5}', "threshold"),
        ('{"instances": [[1]], "' + "x" * 99 + '": 1, "y": 2}', "x" * 37 + "..."),
    ],
)
def test_an_unknown_key_is_named(text, name):
    with pytest.raises(InvalidBeat, match=f"unknown key '{name}'") as refused:
        parse(text.encode(), 10)
    assert refused.value.where == {"field": name}


def test_lists_of_one_length_become_one_matrix():
    assert isinstance(read({"instances": [[1, 2, 3]]}), Matrix)
    assert isinstance(read({"instances": [[1, 2, 3], [1, 2]]}), Beats)
    assert isinstance(read({"features": [1, 2, 3]}), Beats)


@given(st.lists(st.lists(float32s, min_size=3, max_size=3), min_size=1, max_size=5), float32s)
@settings(deadline=None)
def test_requests_are_joined_in_their_order(rows, first):
    named = read({"features": {"F3": 3, "F2": 2, "F1": first}})
    joined = join([read({"instances": rows}), named, read({"features": rows[0]})])
    flat = [value for row in [*rows, [first, 2, 3], rows[0]] for value in row]
    assert joined.fit(MODEL) == struct.pack(f"<{len(flat)}f", *flat)
    assert (joined.count, joined.size, joined.named, joined.batch) == (len(rows) + 2, 4 * len(flat), True, True)
    assert join([named]) is named


def test_text_that_is_not_utf8_is_refused():
    with pytest.raises(InvalidBeat, match="byte 14 is not UTF-8"):
        parse(b'{"features": "\xff"}', 10)


def test_no_more_beats_than_allowed_are_taken():
    assert len(read({"instances": [[1]] * 10}).beats) == 10
    with pytest.raises(TooManyBeats, match="11 beats; at most 10"):
        read({"instances": [[1]] * 11})


@pytest.mark.parametrize(
    ("content", "sentence", "where"),
    [
        ({"features": []}, "features has 0 values; the model takes 3", {}),
        ({"instances": [[1, 2, 3], [1, 2, 3, 4]]}, "instances[1] has 4 values; the model takes 3", {"instance": 1}),
        ({"features": {"F1": 1, "F3": 1}}, "features lacks 'F2'", {"field": "F2"}),
        ({"features": {"F1": 1, "F2": 1, "F3": 1, "G": 1}}, "features has unknown 'G'", {"field": "G"}),
        (
            {"instances": [{"F1": 1, "x" * 99: 2}]},
            f"instances[0] lacks 'F2', 'F3' and has unknown '{'x' * 37}...'",
            {"instance": 0, "field": "F2"},
        ),
    ],
)
def test_a_beat_of_another_model_is_rejected_with_a_message(content, sentence, where):
    with pytest.raises(Misfit) as refused:
        read(content).fit(MODEL)
    assert (refused.value.message, refused.value.where) == (sentence, where)


def test_named_features_need_a_model_with_feature_names():
    with pytest.raises(Misfit, match="send a list"):
        read({"features": {"F1": 1}}).fit(ServedModel(version=1, width=1))
