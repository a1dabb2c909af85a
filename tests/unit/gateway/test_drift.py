"""What the gateway counts of the beats that it is asked for, beside what the version tells of its training."""

import random
import statistics
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.model import Answer, ServedModel
from gateway.telemetry.drift import STATISTICS, Drift, statistics_of
from gateway.telemetry.metrics import Metrics
from tests.support.gateway.gateway_metrics import total
from tests.support.serving.fake_serving import FakeModel, FakeServing

EVEN = [tenth / 10 for tenth in range(1, 10)]
BEATS = dict.fromkeys(STATISTICS, 5000) | {"predicted_class": 700}
REFERENCE = {"statistics": dict.fromkeys(STATISTICS, EVEN), "classes": {"0": 0.25, "1": 0.75}, "beats": BEATS}
INPUTS, EXPECTED = "ecg_gateway_inputs_total", "ecg_gateway_expected_share"


def looked(reference: object, beat: list[float]) -> str:
    """Have a beat looked at that is answered with 0.55; give the metrics."""
    metrics = Metrics()
    model = ServedModel(1, len(beat), description={"reference": reference})
    answer = Answer(1, [1], [0.55], [[0.45, 0.55]])
    Drift(metrics, lambda: 0.5).sample(model, array("f", beat).tobytes(), answer)
    return metrics.text().decode()


def test_a_beat_is_counted_in_the_tenth_of_each_of_its_statistics():
    told = looked(REFERENCE, [0.0, 0.46, 0.0, 0.46])
    for statistic, tenth in {"mean": 2, "standard_deviation": 2, "range": 4, "probability": 5}.items():
        assert total(told, INPUTS, version="1", statistic=statistic, decile=str(tenth)) == 1, statistic
    assert total(told, INPUTS) == 4


@pytest.mark.parametrize(("value", "tenth"), [(-5, "0"), (0.15, "1"), (0.85, "8"), (7, "9")])
def test_tenths_have_ends_that_take_everything(value, tenth):
    assert total(looked(REFERENCE, [value, value]), INPUTS, statistic="mean", decile=tenth) == 1


def test_tenths_without_a_beat_are_there_so_that_a_growth_can_be_told():
    told = looked(REFERENCE, [0.15, 0.15])
    assert told.count(f"{INPUTS}{{") == 40
    assert total(told, EXPECTED, version="1", predicted_class="1") == 0.75
    for statistic, beats in BEATS.items():
        assert total(told, "ecg_gateway_reference_beats", version="1", statistic=statistic) == beats


def test_a_statistic_that_does_not_vary_is_no_drift_where_beats_are_rounded_otherwise():
    """All means of normalised beats are 0, but for the last bits."""
    close = [number * 1e-9 for number in range(-4, 5)]
    reference = {"statistics": {"mean": close, "standard_deviation": [1.0] * 9}}
    dice = random.Random(0)
    metrics = Metrics()
    drift = Drift(metrics, dice.random)
    for _ in range(1000):
        beat = [1 + dice.gauss(0, 1e-4), -1 + dice.gauss(0, 1e-4)]
        model = ServedModel(1, 2, description={"reference": reference})
        drift.sample(model, array("f", beat).tobytes(), Answer(1, [1], [0.9], [[0.1, 0.9]]))
    told = metrics.text().decode()
    for statistic in ("mean", "standard_deviation"):
        counts = [total(told, INPUTS, statistic=statistic, decile=str(tenth)) for tenth in range(10)]
        assert min(counts) > 50, (statistic, counts)
    far = looked(reference, [1.3, -0.7])
    assert total(far, INPUTS, statistic="mean", decile="9") == 1


@pytest.mark.parametrize(
    "reference",
    [
        None,
        [],
        "deciles",
        {"statistics": [1]},
        {"statistics": {"mean": EVEN[:8]}},
        {"statistics": {"mean": [*EVEN[:8], None]}},
        {"statistics": {"mean": [*EVEN[:8], 10**400]}},
        {"statistics": {"mean": EVEN[::-1]}},
        {"statistics": {"median": EVEN}, "classes": {"0": "half", "1": 1.5, "2": None}, "beats": {"mean": "many"}},
    ],
)
def test_a_version_that_tells_nothing_to_compare_with_counts_nothing(reference):
    told = looked(reference, [0.5, 0.5])
    assert INPUTS + "{" not in told
    assert EXPECTED + "{" not in told
    assert "ecg_gateway_reference_beats{" not in told


def test_what_is_told_may_change_under_a_version_that_is_known():
    metrics = Metrics()
    drift = Drift(metrics, lambda: 0.5)
    answer = Answer(1, [1], [0.95], [[0.05, 0.95]])
    for share in (0.25, 0.5):
        reference = {"statistics": {"probability": EVEN}, "classes": {"0": share}}
        drift.sample(ServedModel(1, 1, description={"reference": reference}), array("f", [0]).tobytes(), answer)
    told = metrics.text().decode()
    assert total(told, EXPECTED, predicted_class="0") == 0.5
    assert total(told, INPUTS, statistic="probability", decile="9") == 2


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=50))
def test_statistics_are_those_of_the_standard_library(values):
    found = statistics_of(tuple(values))
    assert found["mean"] == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert found["standard_deviation"] == pytest.approx(statistics.pstdev(values), rel=1e-6, abs=1e-6)
    assert found["range"] == max(values) - min(values)


@pytest.fixture
def serving(serving: FakeServing) -> FakeServing:
    serving.models[1] = FakeModel(description={"reference": REFERENCE})
    return serving


def test_one_beat_of_a_call_is_looked_at_whichever_way_it_is_asked(client):
    client.post("/predict", json={"features": [0.5, 0, 0]})
    client.post("/predict", json={"instances": [[0.5, 0, 0]] * 5})
    client.post("/predict?details=true", json={"features": [0.5, 0, 0]})
    client.post("/predict", data=array("f", [0.5, 0, 0] * 2).tobytes(), content_type="application/octet-stream")
    client.post("/predict", json={"features": {"F3": 0, "F2": 0, "F1": 0.5}}, headers={"X-Model-Version": "1"})
    told = client.get("/metrics").text
    for statistic in STATISTICS:
        assert total(told, INPUTS, version="1", statistic=statistic) == 5
    assert total(told, INPUTS, statistic="mean", decile="1") == 5


def test_what_is_refused_or_explained_is_not_looked_at(client):
    client.post("/predict", json={"features": [0.5, 0, None]})
    client.post("/explain", json={"features": [0.5, 0, 0]})
    assert total(client.get("/metrics").text, INPUTS) == 0


def test_a_new_version_is_compared_with_its_own_training(client, serving, clock):
    client.post("/predict", json={"features": [0.5, 0, 0]})
    serving.models[2] = FakeModel(description={"reference": REFERENCE | {"classes": {"0": 1.0}}})
    clock.now += 61
    client.post("/predict", json={"features": [0.5, 0, 0]})
    told = client.get("/metrics").text
    assert [total(told, INPUTS, version=version, statistic="mean") for version in ("1", "2")] == [1, 1]
    assert total(told, EXPECTED, version="2") == 1.0
