"""The gateway's counts of sampled beats, compared with the version's reference."""

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
    """Sample a beat that is answered with 0.55; return the metrics."""
    metrics = Metrics()
    model = ServedModel(1, len(beat), description={"reference": reference})
    answer = Answer(1, [1], [0.55], [[0.45, 0.55]])
    Drift(metrics, lambda: 0.5).sample(model, array("f", beat).tobytes(), answer)
    return metrics.text().decode()


def test_a_beat_is_counted_in_the_decile_of_each_of_its_statistics():
    text = looked(REFERENCE, [0.0, 0.46, 0.0, 0.46])
    for statistic, tenth in {"mean": 2, "standard_deviation": 2, "range": 4, "probability": 5}.items():
        assert total(text, INPUTS, version="1", statistic=statistic, decile=str(tenth)) == 1, statistic
    assert total(text, INPUTS) == 4


@pytest.mark.parametrize(("value", "tenth"), [(-5, "0"), (0.15, "1"), (0.85, "8"), (7, "9")])
def test_the_outer_deciles_have_no_limit(value, tenth):
    assert total(looked(REFERENCE, [value, value]), INPUTS, statistic="mean", decile=tenth) == 1


def test_deciles_without_a_beat_are_exported_so_that_growth_is_measurable():
    text = looked(REFERENCE, [0.15, 0.15])
    assert text.count(f"{INPUTS}{{") == 40
    assert total(text, EXPECTED, version="1", predicted_class="1") == 0.75
    for statistic, beats in BEATS.items():
        assert total(text, "ecg_gateway_reference_beats", version="1", statistic=statistic) == beats


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
    text = metrics.text().decode()
    for statistic in ("mean", "standard_deviation"):
        counts = [total(text, INPUTS, statistic=statistic, decile=str(tenth)) for tenth in range(10)]
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
def test_a_version_without_a_reference_counts_nothing(reference):
    text = looked(reference, [0.5, 0.5])
    assert INPUTS + "{" not in text
    assert EXPECTED + "{" not in text
    assert "ecg_gateway_reference_beats{" not in text


def test_the_reference_of_a_known_version_may_change():
    metrics = Metrics()
    drift = Drift(metrics, lambda: 0.5)
    answer = Answer(1, [1], [0.95], [[0.05, 0.95]])
    for share in (0.25, 0.5):
        reference = {"statistics": {"probability": EVEN}, "classes": {"0": share}}
        drift.sample(ServedModel(1, 1, description={"reference": reference}), array("f", [0]).tobytes(), answer)
    text = metrics.text().decode()
    assert total(text, EXPECTED, predicted_class="0") == 0.5
    assert total(text, INPUTS, statistic="probability", decile="9") == 2


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


def test_one_beat_of_a_call_is_sampled_on_both_request_paths(client):
    client.post("/predict", json={"features": [0.5, 0, 0]})
    client.post("/predict", json={"instances": [[0.5, 0, 0]] * 5})
    client.post("/predict?details=true", json={"features": [0.5, 0, 0]})
    client.post("/predict", data=array("f", [0.5, 0, 0] * 2).tobytes(), content_type="application/octet-stream")
    client.post("/predict", json={"features": {"F3": 0, "F2": 0, "F1": 0.5}}, headers={"X-Model-Version": "1"})
    text = client.get("/metrics").text
    for statistic in STATISTICS:
        assert total(text, INPUTS, version="1", statistic=statistic) == 5
    assert total(text, INPUTS, statistic="mean", decile="1") == 5


def test_rejected_and_explained_beats_are_not_sampled(client):
    client.post("/predict", json={"features": [0.5, 0, None]})
    client.post("/explain", json={"features": [0.5, 0, 0]})
    assert total(client.get("/metrics").text, INPUTS) == 0


def test_a_new_version_is_compared_with_its_own_training(client, serving, clock):
    client.post("/predict", json={"features": [0.5, 0, 0]})
    serving.models[2] = FakeModel(description={"reference": REFERENCE | {"classes": {"0": 1.0}}})
    clock.now += 61
    client.post("/predict", json={"features": [0.5, 0, 0]})
    text = client.get("/metrics").text
    assert [total(text, INPUTS, version=version, statistic="mean") for version in ("1", "2")] == [1, 1]
    assert total(text, EXPECTED, version="2") == 1.0
