"""What the metrics count of requests, whatever transport they come by."""

from contextlib import suppress
from typing import Any

import pytest

from serving.errors import invalid, not_found
from serving.service import Service
from serving.telemetry.metrics import Metrics


class OneModel:
    """A registry that knows `ecg` only."""

    def was_configured(self, name: str) -> bool:
        return name == "ecg"


@pytest.mark.parametrize(
    ("model", "error", "labels"),
    [
        ("ecg", None, 'model_name="ecg",status="OK"'),
        ("ecg", invalid("no"), 'model_name="ecg",status="INVALID_ARGUMENT"'),
        ("ecg", ZeroDivisionError(), 'model_name="ecg",status="INTERNAL"'),
        ("made-up", not_found("no"), 'model_name="(unknown)",status="NOT_FOUND"'),
        ("", invalid("no"), 'model_name="",status="INVALID_ARGUMENT"'),
    ],
)
def test_a_request_is_counted_by_its_model_and_outcome(model, error, labels):
    metrics = Metrics()
    registry: Any = OneModel()
    manager: Any = None  # is not asked
    with suppress(Exception), Service(registry, manager, metrics, answer_as_content=False).count_request(model):
        if error:
            raise error
    assert f":tensorflow:serving:request_count{{{labels}}} 1\n" in metrics.exposition()
