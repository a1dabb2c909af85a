"""The gate: which numbers are compared, and what it says."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.errors import Refused
from rollout.gate import Version, judge, same_rows

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["metrics", "compared", "1"]), inner),
)


def scores(accuracy: float, macro_f1: float | None = None) -> dict[str, float]:
    return {"accuracy": accuracy, "macro_f1": accuracy if macro_f1 is None else macro_f1}


def test_the_candidates_rows_come_first():
    served = Version(1, metrics=scores(0.99), compared={"2": scores(0.5)})
    candidate = Version(2, metrics=scores(0.9), compared={"1": scores(0.9)})
    judge(candidate, served, 0)


def test_the_served_versions_rows_do_too():
    judge(Version(2), Version(1, metrics=scores(0.9), compared={"2": scores(0.9)}), 0)


@pytest.mark.parametrize("mine", [scores(0.8, 0.9), scores(0.9, 0.8)])
def test_both_numbers_have_to_be_good_enough(mine):
    served, candidate = Version(1), Version(2, metrics=mine, compared={"1": scores(0.9)})
    judge(candidate, served, 0.1)
    with pytest.raises(Refused, match=r"accuracy \S+ against 0\.9000, macro_f1 \S+ against 0\.9000"):
        judge(candidate, served, 0.05)


def test_a_reason_that_training_gave_is_passed_on():
    candidate = Version(2, metrics=scores(0.9), compared={"1": {"reason": "takes 12 features"}})
    with pytest.raises(Refused, match="cannot be compared with version 1: takes 12 features; --force"):
        judge(candidate, Version(1), 0.01)


def test_not_a_number_is_not_measured():
    assert same_rows(Version(2, metrics=scores(float("nan")), compared={"1": scores(0.9)}), Version(1)) is None


@given(JSON, JSON)
def test_whatever_a_description_holds_the_gate_passes_or_refuses(mine, theirs):
    candidate, served = Version.parse(2, mine), Version.parse(1, theirs)
    with suppress(Refused):
        judge(candidate, served, 0.01)
