"""What an answer other than 200 means: try again, a fault of the version, or an error that waiting cannot solve."""

import json

import pytest

from rollout.errors import Faulty, NotAnswering, RolloutError
from rollout.gateway.client import refusal
from rollout.http import Answer


def answer(status: int, body: bytes = b"") -> Answer:
    return Answer(status, {}, body)


def error(code: str) -> bytes:
    return json.dumps({"error": {"code": code, "message": "why"}}).encode()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b""),  # a proxy in front of gateways of which none is ready
        (404, b"default backend - 404"),
        (502, b"<html>Bad gateway</html>"),
        (503, error("model_not_ready")),
        (404, error("version_not_found")),
    ],
)
def test_what_passes_by_itself_is_tried_again(status, body):
    assert isinstance(refusal("/predict", answer(status, body)), NotAnswering)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b'{"kind": "Status", "message": "services \\"ecg-gateway\\" not found"}', RolloutError),
        (404, error("not_found"), Faulty),
        (502, error("contract_broken"), Faulty),
        (403, b'{"kind": "Status"}', RolloutError),
    ],
)
def test_what_does_not_pass_by_itself_is_an_error_at_once(status, body, kind):
    raised = refusal("/predict", answer(status, body))
    assert type(raised) is kind
