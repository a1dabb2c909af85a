"""Parsing TF_CONFIG and connecting workers."""

import json
import socket

import pytest

from tests.support.waiting import PATIENCE
from training.distributed.workers import Workers, listen
from training.errors import TrainingError


def config(*addresses: object, index: int = 0, kind: str = "worker") -> str:
    return json.dumps({"cluster": {kind: addresses}, "task": {"type": kind, "index": index}})


def test_all_workers_and_their_places_are_read():
    workers = Workers.parse(config("job-0.training:2222", "job-1.training:2222", index=1))
    assert workers == Workers(("job-0.training:2222", "job-1.training:2222"), 1)
    assert workers.place(0) == ("job-0.training", 2222)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 here")
def test_workers_meet_by_ipv4_and_by_ipv6(host):
    with listen(0) as listening:
        socket.create_connection((host, listening.getsockname()[1]), timeout=PATIENCE).close()


@pytest.mark.parametrize("text", ["", config("localhost:2222")])
def test_one_worker_trains_alone(text):
    assert Workers.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        config("a:1", "b:2", index=2),
        config("a:1", "b:2", index=-1),
        config("a:1", "b"),
        config(1, 2),
        config("a:1", "b:2", kind="ps"),
        json.dumps({"cluster": {"worker": ["a:1"], "chief": ["b:1"]}, "task": {"type": "worker", "index": 0}}),
    ],
)
def test_an_invalid_tf_config_is_an_error_with_an_example(text):
    with pytest.raises(TrainingError, match=r'does not name the workers; .*"host0:2222"'):
        Workers.parse(text)
