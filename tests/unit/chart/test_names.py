"""Names of objects: which a release gets, and that no two releases share one."""

import pytest

from tests.unit.chart.conftest import CHART, Object, one

ROOM = {"CronJob": 52, "Pod": 63}
ALIKE = [f"{'a' * 45}-{place}" for place in ("north", "south")]


@pytest.fixture
def named(helm, read_yaml):
    def objects(release: str, *values: str) -> list[Object]:
        found: list[Object] = read_yaml(helm("template", release, CHART, "--namespace=default", *values))
        return found

    return objects


def names(objects: list[Object]) -> set[tuple[str, str]]:
    return {(each["kind"], each["metadata"]["name"]) for each in objects}


def beginning(objects: list[Object]) -> str:
    """What the names of all objects begin with."""
    found = str(one(objects, "Deployment", "serving")["metadata"]["name"]).removesuffix("-serving")
    assert all(name.startswith(f"{found}-") for _, name in names(objects))
    return found


@pytest.mark.parametrize(("release", "begins"), [("ecg", "ecg"), ("ward-ecg", "ward-ecg"), ("mine", "mine-ecg")])
def test_a_short_name_is_used_as_it_is(named, release, begins):
    assert beginning(named(release)) == begins


def test_releases_whose_long_names_begin_alike_share_no_object(named):
    first, second = (names(named(release)) for release in ALIKE)
    assert first & second == set()


@pytest.mark.parametrize("release", [*ALIKE, "a" * 53])
def test_a_long_name_leaves_room_for_what_objects_append(named, release):
    for kind, name in names(named(release, "--values", str(CHART / "ci" / "every-option-values.yaml"))):
        assert len(name) <= ROOM.get(kind, 63), (kind, name)


def test_the_charts_part_of_the_name_can_be_replaced(named):
    objects = named("mine", "--set", "nameOverride=beats")
    assert beginning(objects) == "mine-beats"
    assert {each["metadata"]["labels"]["app.kubernetes.io/name"] for each in objects} == {"beats"}


def test_the_whole_name_can_be_replaced(named):
    assert beginning(named("mine", "--set", "fullnameOverride=beats")) == "beats"


@pytest.mark.parametrize("wrong", ["nameOverride=Beats", "fullnameOverride=-a", "fullnameOverride=1a"])
def test_a_name_that_no_service_may_have_is_refused(helm, wrong):
    refused = helm("template", "ecg", CHART, "--set", wrong, failing=True)
    assert f"/{wrong.partition('=')[0]}" in refused
