"""The limits of `canary --auto`, and how a share is judged by few observations."""

from hypothesis import given
from hypothesis import strategies as st

from rollout.decisions.canary_analysis import Limits, Observations, complaint
from rollout.gateway.metrics import Counters, parse

LIMITS = Limits(requests=200, errors=0.01, disagreement=0.05, slowdown=2.0)
WELL = {"requests": 200.0, "errors": 0.0, "shadowed": 60.0, "disagreeing": 0.0}
CALLS = {"calls": 100.0, "seconds": 1.0, "served_calls": 100.0, "served_seconds": 1.0}


def seen(**numbers: float) -> Observations:
    return Observations(**{**WELL, **CALLS, **numbers})


def test_one_error_among_few_requests_is_not_significant_but_several_are():
    assert complaint(seen(requests=20, errors=1), LIMITS, early=True) == ""
    assert complaint(seen(requests=20, errors=1), LIMITS, early=False)
    assert complaint(seen(requests=20, errors=3), LIMITS, early=True)
    assert complaint(seen(requests=19, errors=19), LIMITS, early=True) == ""


def test_a_step_needs_requests_and_with_a_shadow_also_shadowed_beats():
    assert seen().enough(LIMITS, shadow=10)
    assert not seen(requests=199).enough(LIMITS, shadow=10)
    assert not seen(shadowed=49).enough(LIMITS, shadow=10)
    assert seen(shadowed=0).enough(LIMITS, shadow=0)


def test_a_disagreement_above_the_limit_that_may_be_chance_is_watched_for_longer():
    assert not seen(shadowed=58, disagreeing=3).enough(LIMITS, shadow=10)
    assert seen(shadowed=80, disagreeing=3).enough(LIMITS, shadow=10)
    assert seen(shadowed=500, disagreeing=26).enough(LIMITS, shadow=10)
    assert seen(shadowed=58, disagreeing=3).enough(LIMITS, shadow=0)


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_early_complaint_is_also_one_at_the_end(errors, more):
    now = seen(requests=errors + more, errors=errors)
    if complaint(now, LIMITS, early=True):
        assert complaint(now, LIMITS, early=False)


@given(st.dictionaries(st.text(max_size=5), st.integers(0, 1000)), st.text(alphabet='\\"\n{}=,1', max_size=8))
def test_a_counter_may_have_any_labels(values, name):
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')

    names = {escaped(key + name): amount for key, amount in values.items()}
    text = "".join(f'beats_total{{version="{key}"}} {amount}\n' for key, amount in names.items())
    counters = Counters({"pod": {}})
    counters.look({"pod": parse(text)})
    assert counters.total("beats_total", lambda _: True) == sum(values.values())


def test_pods_that_start_end_and_restart_are_counted_since_the_first_reading():
    def at(amount: float) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        return parse(f"beats_total {amount}\n")

    counters = Counters({"stays": at(10), "goes": at(10), "restarts": at(10)})
    counters.look({"stays": at(15), "goes": at(12), "restarts": at(11)})
    counters.look({"stays": at(17), "restarts": at(3), "did not answer": at(400)})
    counters.look({"did not answer": at(404)})
    assert counters.total("beats_total", lambda _: True) == 7 + 2 + 3 + 4


def test_no_error_is_no_complaint_even_with_a_limit_of_0():
    none = Limits(requests=200, errors=0, disagreement=0, slowdown=2)
    assert not [n for n in range(1, 500) if complaint(seen(requests=n), none, early=True)]
