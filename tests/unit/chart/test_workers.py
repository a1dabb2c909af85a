"""Several pods that train together."""

import os
import subprocess

import pytest

from tests.unit.chart.conftest import Object, container_of, one
from training.distributed.workers import Workers

LATEST = ("--set", "serving.versions=latest")


def training_of(objects: list[Object]) -> Object:
    return container_of(objects, "Job", "training")


def training_port(objects: list[Object]) -> int:
    (port,) = training_of(objects)["ports"]
    number: int = port["containerPort"]
    return number


@pytest.mark.parametrize("count", [1, 2, 4])
def test_workers_are_the_pods_of_one_job_and_know_each_other(render, count):
    objects = render("--set", f"training.workers={count}")
    jobs = [one(objects, "Job")["spec"], one(objects, "CronJob")["spec"]["jobTemplate"]["spec"]]
    services = [each["metadata"]["name"] for each in objects if each["kind"] == "Service" and "training" in str(each)]
    for job in jobs:
        (training,) = [each for each in job["template"]["spec"]["initContainers"] if each["name"] == "training"]
        variables = {each["name"]: each.get("value") for each in training["env"]}
        if count == 1:
            assert (job.get("completionMode"), job["backoffLimit"], services) == (None, 2, [])
            assert "TF_CONFIG" not in variables
            continue
        assert (job["completionMode"], job["completions"], job["parallelism"]) == ("Indexed", count, count)
        assert (job["backoffLimitPerIndex"], job["maxFailedIndexes"]) == (2, 0)
        assert "backoffLimit" not in job
        (port,) = training["ports"]
        subdomain = job["template"]["spec"]["subdomain"]
        assert services == [subdomain]
        config = variables["TF_CONFIG"].replace("$(JOB)", "job").replace("$(JOB_COMPLETION_INDEX)", str(count - 1))
        addresses = tuple(f"job-{index}.{subdomain}:{port['containerPort']}" for index in range(count))
        assert Workers.parse(config) == Workers(addresses, count - 1)


def test_the_workers_names_resolve_before_they_are_ready(render):
    service = one(render("--set", "training.workers=2"), "Service", "training")["spec"]
    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", True)


def test_a_job_is_a_run_of_its_own_for_all_its_pods(render):
    for several in (False, True):
        training = training_of(render(*(("--set", "training.workers=2") if several else ())))
        (run,) = [each for each in training["env"] if each["name"] == "RUN"]
        path = run["valueFrom"]["fieldRef"]["fieldPath"]
        assert path == "metadata.labels['batch.kubernetes.io/controller-uid']"
        assert "--run=$(RUN)" in training["args"]


@pytest.mark.parametrize(("index", "runs"), [("0", True), ("1", False)])
def test_only_worker_0_promotes(render, index, runs):
    rollout = container_of(render("--set", "training.workers=2"), "Job", "rollout")
    shell, flag, script, name = rollout["command"]
    script = script.replace("python -m rollout", "echo")
    environment = {"JOB_COMPLETION_INDEX": index, "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [shell, flag, script, name, "--a b"], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == ("--a b\n" if runs else "")
    assert "command" not in container_of(render(), "Job", "rollout")


def test_only_workers_reach_workers(render, every_option):
    several = render("--set", "training.workers=2,networkPolicy.enabled=true", *LATEST)
    policy = one(several, "NetworkPolicy", "training")["spec"]
    workers = [{"podSelector": {"matchLabels": one(several, "Service", "training")["spec"]["selector"]}}]
    ports = [{"port": training_port(several)}]
    assert policy["ingress"] == [{"from": workers, "ports": ports}]
    assert policy["egress"][1:] == [{"to": workers, "ports": ports}]
    assert one(every_option, "NetworkPolicy", "training")["spec"]["ingress"]
    alone = one(render("--set", "networkPolicy.enabled=true"), "NetworkPolicy", "training")["spec"]
    assert "ingress" not in alone


def test_workers_are_on_one_node_or_spread_as_the_claim_allows(render):
    def pod(*values: str) -> Object:
        spec: Object = one(render("--set", "training.workers=2", *values), "Job")["spec"]["template"]["spec"]
        return spec

    assert "affinity" in pod()
    assert "affinity" not in pod("--set", "models.accessMode=ReadWriteMany")
    (spread,) = pod("--set", "models.accessMode=ReadWriteMany")["topologySpreadConstraints"]
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
