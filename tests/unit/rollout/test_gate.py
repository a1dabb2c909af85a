"""The gate: the compared scores, and its messages."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.decisions.gate import judge, same_rows
from rollout.errors import Refused
from rollout.versions.model_version import Version

INTERVALS = {"accuracy": [-0.012, 0.004], "macro_f1": [-0.02, 0.001]}
KEYS = ["metrics", "compared", "1", "accuracy", "macro_f1", "difference", "data"]
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner),
)


def scores(accuracy: float, macro_f1: float | None = None) -> dict[str, float]:
    return {"accuracy": accuracy, "macro_f1": accuracy if macro_f1 is None else macro_f1}


def test_the_candidates_rows_come_first():
    served = Version(1, metrics=scores(0.99), compared={"2": scores(0.5)})
    candidate = Version(2, metrics=scores(0.9), compared={"1": scores(0.9)})
    judge(candidate, served, 0)


def test_the_served_versions_rows_are_used_second():
    judge(Version(2), Version(1, metrics=scores(0.9), compared={"2": scores(0.9)}), 0)


@pytest.mark.parametrize("mine", [scores(0.8, 0.9), scores(0.9, 0.8)])
def test_both_scores_must_be_good_enough(mine):
    served, candidate = Version(1), Version(2, metrics=mine, compared={"1": scores(0.9)})
    judge(candidate, served, 0.1)
    with pytest.raises(Refused, match=r"accuracy \S+ against 0\.9000, macro_f1 \S+ against 0\.9000"):
        judge(candidate, served, 0.05)


def measured(difference: object, people: int | None = None) -> tuple[Version, Version]:
    """A candidate, worse by 0.004, that was compared with the served version 3 by 95 % intervals."""
    compared = {"3": {**scores(0.985, 0.9), "difference": difference}}
    return Version(4, metrics={**scores(0.981, 0.89), "rows": 312}, compared=compared, people=people), Version(3)


def test_a_version_that_is_not_significantly_worse_passes_and_the_message_says_so():
    found = judge(*measured(INTERVALS, people=9), 0)
    assert found == (
        "version 4: accuracy 0.981 against 0.985 of version 3 on 312 beats of 9 people: difference -0.004, "
        "95 % interval -0.012 to 0.004: not significantly worse; macro-F1 0.890 against 0.900 of version 3 on 312 "
        "beats of 9 people: difference -0.010, 95 % interval -0.020 to 0.001: not significantly worse"
    )
    assert " on 312 beats: difference" in judge(*measured(INTERVALS), 0)


@pytest.mark.parametrize("name", ["accuracy", "macro_f1"])
def test_a_significantly_worse_version_is_rejected_with_any_tolerance(name):
    with pytest.raises(Refused, match=r"significantly worse than version 3: accuracy 0.981 against 0.985 .* to -0.001"):
        judge(*measured({**INTERVALS, name: [-0.009, -0.001]}), 0.5)


def test_an_interval_that_the_served_version_measured_is_inverted():
    """The served version 4 is significantly better than the candidate 3."""
    newer, older = measured({"accuracy": [0.001, 0.02], "macro_f1": [-0.01, 0.03]})
    assert "significantly better" in judge(newer, older, 0)
    with pytest.raises(Refused, match=r"95 % interval -0.020 to -0.001: significantly worse"):
        judge(older, newer, 0)


@pytest.mark.parametrize(
    "difference",
    [None, {}, {"accuracy": [-0.1, 0]}, {**INTERVALS, "accuracy": [0.1, -0.1]}, {**INTERVALS, "macro_f1": [0, "1"]}],
)
def test_versions_without_intervals_are_compared_by_the_tolerance(difference):
    assert "not lower by more than 0.02" in judge(*measured(difference), 0.02)
    with pytest.raises(Refused, match=r"\(--tolerance 0.005\)"):
        judge(*measured(difference), 0.005)


def test_people_are_read_from_the_description():
    groups = {"train": 30, "validation": 5, "test": 9}
    assert Version.parse(2, {"data": {"groups": groups}}).people == 9
    assert Version.parse(2, {"data": {"groups": None}}).people is None


def test_a_reason_that_training_gave_is_passed_on():
    candidate = Version(2, metrics=scores(0.9), compared={"1": {"reason": "takes 12 features"}})
    with pytest.raises(Refused, match="cannot be compared with version 1: takes 12 features; --force"):
        judge(candidate, Version(1), 0.01)


def test_not_a_number_is_not_measured():
    assert same_rows(Version(2, metrics=scores(float("nan")), compared={"1": scores(0.9)}), Version(1)) is None


@given(JSON, JSON)
def test_the_gate_handles_any_description(mine, theirs):
    candidate, served = Version.parse(2, mine), Version.parse(1, theirs)
    with suppress(Refused):
        judge(candidate, served, 0.01)
