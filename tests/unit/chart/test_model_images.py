"""With models.source=image nothing needs a volume, and the fields that a promotion sets are not rendered."""

import pytest

from tests.unit.chart.conftest import CHART, one

REPOSITORY = "registry.example.org:5443/ecg-model"
IMAGES = f"models.source=image,models.image.repository={REPOSITORY}"


def from_images(render, *values: str):
    return render("--set", ",".join([IMAGES, *values]))


def arguments(job, container: str) -> list[str]:
    pods = job["spec"]["template"]["spec"]
    (found,) = [each for each in [*pods["initContainers"], *pods["containers"]] if each["name"] == container]
    return [str(each) for each in found["args"]]


def test_there_is_no_claim_and_no_pod_is_bound_to_a_node(render):
    objects = from_images(render)
    assert [each for each in objects if each["kind"] == "PersistentVolumeClaim"] == []
    for kind, component in (("Deployment", "serving"), ("Job", "training")):
        pods = one(objects, kind, component)["spec"]["template"]["spec"]
        assert "affinity" not in pods
        assert all("persistentVolumeClaim" not in volume for volume in pods["volumes"])


def test_the_model_servers_know_the_repository_and_leave_the_volume_to_a_promotion(render):
    pods = one(from_images(render), "Deployment", "serving")["spec"]["template"]["spec"]
    assert {"name": "ECG_MODEL_IMAGES", "value": REPOSITORY} in pods["initContainers"][-1]["env"]
    assert "version" not in {volume["name"] for volume in pods["volumes"]}
    for container in (pods["initContainers"][-1], pods["containers"][0]):
        assert not any(mount["mountPath"].startswith("/models") for mount in container["volumeMounts"])


def test_the_job_brings_versions_trains_pushes_and_promotes(render):
    job = one(from_images(render), "Job", "training")
    pods = job["spec"]["template"]["spec"]
    assert [each["name"] for each in pods["initContainers"]] == ["served", "unpack", "training", "pack"]
    assert [each["name"] for each in pods["containers"]] == ["rollout"]
    assert arguments(job, "unpack")[-3:] == ["unpack", "--into=/models/ecg", "--require-push"]
    assert arguments(job, "pack")[-3:] == ["pack", "--version-file=/tmp/published", f"--to={REPOSITORY}"]


def test_without_promotion_the_job_ends_with_the_push(render):
    job = one(from_images(render, "rollout.promote=false"), "Job", "training")
    assert [each["name"] for each in job["spec"]["template"]["spec"]["containers"]] == ["pack"]


def test_only_pods_that_use_the_registry_have_credentials(render):
    objects = from_images(render, "models.image.secret=models", "models.image.plainHttp=true")
    pods = one(objects, "Job", "training")["spec"]["template"]["spec"]
    has = {
        each["name"]: any(mount["name"] == "registry" for mount in each["volumeMounts"])
        for each in [*pods["initContainers"], *pods["containers"]]
    }
    assert has == {"served": False, "unpack": True, "training": False, "pack": True, "rollout": True}
    credentials = {"name": "DOCKER_CONFIG", "value": "/var/run/secrets/registry"}
    message = {
        each["name"] for each in [*pods["initContainers"], *pods["containers"]] if credentials in each.get("env", [])
    }
    assert message == {name for name, mounted in has.items() if mounted}
    asks = {each["name"] for each in [*pods["initContainers"], *pods["containers"]] if "--plain-http" in each["args"]}
    assert asks == {"unpack", "pack", "rollout"}
    tested = one(objects, "Pod", "test")["spec"]
    assert f"--images={REPOSITORY}" in tested["containers"][0]["args"]
    assert [volume["name"] for volume in tested["volumes"]] == ["registry"]


@pytest.mark.parametrize(
    ("repository", "plain", "port"),
    [(REPOSITORY, "false", 5443), ("registry.example.org/a/b", "false", 443), ("localhost/models", "true", 80)],
)
def test_the_training_may_reach_the_registry(render, repository, plain, port):
    image = f"models.image.repository={repository},models.image.plainHttp={plain}"
    objects = render("--set", f"models.source=image,{image},networkPolicy.enabled=true")
    egress = one(objects, "NetworkPolicy", "training")["spec"]["egress"]
    assert [{"port": port}] in [rule.get("ports") for rule in egress]


def test_a_budget_needs_no_other_volume(render):
    assert one(from_images(render, "serving.podDisruptionBudget=true"), "PodDisruptionBudget", "serving")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("models.source=image", "models.source=image needs the repository"),
        (f"{IMAGES},serving.versions=latest", "latest needs a volume"),
        (f"{IMAGES},training.workers=2", "several workers need a shared volume"),
        (f"{IMAGES},models.image.tag=3", "tag"),
    ],
)
def test_impossible_combinations_are_rejected(helm, values, message):
    assert message in helm("template", "ecg", CHART, "--set", values, failing=True)
