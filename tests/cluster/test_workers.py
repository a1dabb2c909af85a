"""A release whose training is done by two pods, one of which is killed."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.cluster.conftest import Cluster, in_namespace
from tests.support.waiting import until

LITTLE = (
    "--set=serving.replicas=1,serving.preStopSeconds=1,gateway.replicas=1,gateway.preStopSeconds=1,ingress.enabled=false",
)
TWO = (*LITTLE, "--set=training.workers=2")
EPOCHS = 40


@pytest.fixture(scope="module")
def cluster(beats) -> Iterator[Cluster]:
    with in_namespace(f"ecg-workers-{os.getpid()}") as cluster:
        cluster.kubectl("create", "configmap", "beats", f"--from-file={beats}")
        yield cluster


def on_volume(cluster: Cluster, *command: str) -> str:
    return cluster.kubectl("exec", "deployment/ecg-serving", "--container=serving", "--", *command)


def metrics(cluster: Cluster, version: int) -> Any:
    return json.loads(on_volume(cluster, "cat", f"/models/ecg/{version}/assets.extra/metrics.json"))


def pods(cluster: Cluster, job: str, index: int) -> list[dict[str, Any]]:
    """The pods of one worker, those that failed included."""
    wanted = {"job-name": job, "batch.kubernetes.io/job-completion-index": str(index)}
    return [
        each for each in cluster.objects("pods", "training") if wanted.items() <= each["metadata"]["labels"].items()
    ]


def log(cluster: Cluster, job: str, index: int, container: str = "training") -> str:
    """The log of one worker's last pod so far."""
    last = pods(cluster, job, index)[-1]
    logs = {each["name"]: each["state"] for each in last["status"].get("initContainerStatuses", [])}
    if "waiting" in logs.get(container, {"waiting": True}) and container == "training":
        return ""
    return cluster.kubectl("logs", last["metadata"]["name"], f"--container={container}")


def test_two_workers_publish_one_version_as_good_as_that_of_one(cluster, tell):
    cluster.deploy("install", *TWO)
    (job,) = cluster.objects("jobs")
    assert (job["status"]["succeeded"], job["status"]["completedIndexes"]) == (2, "0,1")
    name = job["metadata"]["name"]
    assert "version 1 is served" in log(cluster, name, 0, "rollout")
    assert log(cluster, name, 1, "rollout") == ""
    cluster.deploy("upgrade", *LITTLE)
    assert on_volume(cluster, "ls", "-A", "/models/ecg").split() == ["1", "2"]
    two, one = (metrics(cluster, version)["metrics"]["accuracy"] for version in (1, 2))
    assert two == pytest.approx(one, abs=0.02)
    tell(f"accuracy of two workers {two:.3f}, of one {one:.3f}")


def test_a_killed_worker_resumes_with_the_other_after_the_last_epoch(cluster, tell):
    before = set(cluster.names("jobs"))
    options = [f"--set=training.options.{name}={EPOCHS}" for name in ("epochs", "patience")]
    with ThreadPoolExecutor() as background:
        upgrade = background.submit(cluster.deploy, "upgrade", *TWO, *options)
        (job,) = until(lambda: set(cluster.names("jobs")) - before)
        until(lambda: len(cluster.objects("pods", "training")) > 1 and "Epoch 3/" in log(cluster, job, 0), 60)
        (killed,) = pods(cluster, job, 1)
        cluster.kubectl("delete", "pod", killed["metadata"]["name"], "--force", "--grace-period=0")
        upgrade.result()
    logs = [log(cluster, job, index) for index in (0, 1)]
    assert all("Resuming after epoch" in each for each in logs), logs
    assert on_volume(cluster, "ls", "-A", "/models/ecg").split() == ["1", "2", "3"]
    assert len(metrics(cluster, 3)["history"]["val_loss"]) == EPOCHS
    tell(next(line for line in logs[0].splitlines() if "Resuming after epoch" in line))
