"""A really trained model before beats with values near float32's limits: exact, or refused by name."""

from typing import Any

from tests.support.gateway.gateway_errors import assert_error

SIZES = [1.0, 1e6, 1e15, 1e30, 1e37, 1e38, 3e38, 3.4028e38]
SAYING = "has values beyond 1e+09, with which numbers overflow inside the model"


def beats(like: list[float], size: float) -> list[list[float]]:
    """One value so large, all, and all with alternating signs."""
    return [[*like[:-1], size], [size] * len(like), [size, -size] * (len(like) // 2), [*like[:-1], -size]]


def adds_up(explanation: Any) -> bool:
    difference = explanation["score"] - explanation["baseline_score"]
    return bool(abs(sum(explanation["attributions"]) - difference) <= 0.02 * max(1, abs(difference)))


def test_explanations_of_huge_values_are_exact_or_refused(tree):
    like = tree.examples(1)[0]["features"]
    refused = 0
    for size in SIZES:
        for number, beat in enumerate(beats(like, size)):
            answer = tree.gateway.ask("POST", "/explain", {"features": beat})
            batch = tree.gateway.ask("POST", "/explain", {"instances": [like, beat, like]})
            if answer.status_code == 200:
                assert adds_up(answer.json), (size, number)
                assert adds_up(batch.json["explanations"][1]), (size, number)
            else:
                assert size >= 1e38
                refused += 1
                assert_error(answer, 400, "invalid_request", f"features {SAYING}")
                assert_error(batch, 400, "invalid_request", f"instances[1] {SAYING}", instance=1)
    assert refused >= 4
    assert tree.gateway.total("ecg_gateway_requests_total", status="502") == 0
