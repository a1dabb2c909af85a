"""Where images come from."""

import pytest

from tests.unit.chart.conftest import CHART, Object, containers, pods

DIGEST = f"sha256:{'a' * 64}"


def images(objects: list[Object]) -> set[str]:
    return {each["image"] for _, each in containers(objects)}


def secrets(objects: list[Object]) -> list[list[Object]]:
    return [pod["imagePullSecrets"] for _, pod in pods(objects)]


def test_one_value_has_all_images_come_from_a_mirror(render):
    usual = images(render())
    assert images(render("--set", "global.imageRegistry=mirror:5000/a")) == {f"mirror:5000/a/{each}" for each in usual}


def test_an_image_has_a_registry_of_its_own(render):
    (gateway,) = images(render("--set", "gateway.image.registry=a.example")) - images(render())
    assert gateway.startswith("a.example/ecg-gateway:")
    both = render("--set", "gateway.image.registry=a.example,global.imageRegistry=b.example")
    assert images(both) == images(render("--set", "global.imageRegistry=b.example"))


def test_a_digest_replaces_the_tag(render):
    assert f"ecg-gateway@{DIGEST}" in images(render("--set", f"gateway.image.digest={DIGEST},gateway.image.tag=1"))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("images.pullSecrets={a}", ["a"]),
        ("images.pullSecrets[0].name=a", ["a"]),
        ("global.imagePullSecrets={a}", ["a"]),
        ("global.imagePullSecrets[0].name=a,images.pullSecrets={a,b}", ["a", "b"]),
    ],
)
def test_every_pod_names_each_pull_secret_once(render, given, named):
    assert secrets(render("--set", given)) == [[{"name": each} for each in named]] * 5


@pytest.mark.parametrize("wrong", ["images.pullSecrets[0].secret=a", "gateway.image.digest=sha256:1"])
def test_values_that_name_nothing_are_rejected(helm, wrong):
    assert wrong.split(".")[0] in helm("template", "ecg", CHART, "--set", wrong, failing=True)
