import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.candidate.annotation import ANNOTATION, Candidate, candidate_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["metadata", "annotations", "version", "weight", ANNOTATION]), inner)
    ),
    max_leaves=10,
)


def metadata(annotation: object, template: str = "2") -> bytes:
    env = [{"name": "ECG_MODEL_BASE_PATH", "value": "/models/ecg"}, {"name": "ECG_MODEL_VERSION", "value": template}]
    pods = {"initContainers": [{"name": "model", "env": env}]}
    content = {"metadata": {"annotations": {ANNOTATION: annotation}}, "spec": {"template": {"spec": pods}}}
    return json.dumps(content).encode()


def test_the_annotation_as_the_tool_writes_it():
    text = '{"version": 2, "served": 1, "weight": 20, "shadow": 10, "started": "2026-11-24T13:00:00+00:00"}'
    assert candidate_of(metadata(text)) == Candidate(2, 20, 10)
    assert candidate_of(metadata('{"version": 2, "served": null}')) == Candidate(2, 0, 0)
    assert candidate_of(metadata('{"version": 1, "weight": 0}')) == Candidate(1, leaving=True)
    assert candidate_of(metadata('{"version": 1, "weight": 0, "refused": true}', "")) == Candidate(
        1, leaving=True, refused=True
    )


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ('{"version": 2, "served": 1, "weight": 20}', "1"),  # somebody set the former version
        ('{"version": 1, "weight": 0}', "1"),  # somebody set one that was leaving
        ('{"version": 2, "served": 1, "weight": 20, "finishing": true}', "2"),  # all pods may answer
    ],
)
def test_a_candidate_of_a_deployment_that_was_changed_since_is_ignored(text, template):
    assert candidate_of(metadata(text, template)) is None


@pytest.mark.parametrize(
    "content", [metadata(""), metadata("{}"), b'{"metadata": {}}', b'{"metadata": {"annotations": null}}']
)
def test_there_may_be_no_candidate(content):
    assert candidate_of(content) is None


@pytest.mark.parametrize(
    ("content", "saying"),
    [
        (b"<html>", "Expecting value"),
        (b"\xff", "decode"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "not a JSON object"),
        (b'{"kind": "Status"}', "its metadata is not"),
        (b'{"metadata": {"annotations": [1]}}', "its annotations is not"),
        (metadata(7), "is not text"),
        (metadata("[2]"), "is not a JSON object"),
        (metadata('{"weight": 2}'), "as 'version'"),
        (metadata('{"version": "2"}'), "as 'version'"),
        (metadata('{"version": true}'), "as 'version'"),
        (metadata('{"version": 2, "weight": 101}'), "from 0 to 100 as 'weight'"),
        (metadata('{"version": 2, "shadow": -1}'), "from 0 to 100 as 'shadow'"),
    ],
)
def test_an_invalid_candidate_is_rejected_with_the_reason(content, saying):
    with pytest.raises(ValueError, match=saying):
        candidate_of(content)


@given(st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()) | JSON.map(metadata))
def test_any_bytes_are_read_or_refused(content):
    try:
        candidate = candidate_of(content)
    except ValueError:
        return
    assert candidate is None or (candidate.version >= 0 and 0 <= candidate.weight <= 100)


@given(st.text(min_size=1), st.integers(0, 100), st.integers(0, 100))
def test_a_client_stays_with_a_candidate_whose_weight_grows(client, weight, more):
    if Candidate(2, weight).takes(client, 0.0):
        assert Candidate(2, min(100, weight + more)).takes(client, 0.999)


def test_the_weight_is_the_share_of_clients():
    takers = sum(Candidate(2, 20).takes(f"client-{number}", 0.0) for number in range(10_000))
    assert takers == pytest.approx(2000, rel=0.1)


@pytest.mark.parametrize(("weight", "random_number", "takes"), [(0, 0.0, False), (20, 0.19, True), (20, 0.2, False)])
def test_without_a_client_a_random_number_decides(weight, random_number, takes):
    assert Candidate(2, weight).takes(None, random_number) is takes
    assert Candidate(2, weight).takes("", random_number) is takes
