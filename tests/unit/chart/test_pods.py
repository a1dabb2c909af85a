"""The values that all components have: each reaches the component's pods, and no other's."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.unit.chart.conftest import CHART, Object, container_of, containers, one, pods
from tests.unit.chart.test_values import LEAVES, OF_COMPONENTS

PODS = {
    "training": {"Job", "CronJob"},
    "serving": {"Deployment ecg-serving"},
    "gateway": {"Deployment ecg-gateway"},
    "rollout": {"Pod ecg-test"},
}
CONTAINERS = {
    "training": {"Job training", "Job data", "CronJob training", "CronJob data"},
    "serving": {"Deployment serving"},
    "gateway": {"Deployment gateway"},
    "rollout": {"Job served", "Job rollout", "CronJob served", "CronJob rollout", "Pod test"},
}
POD_FIELDS = {
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"operator": "Exists"}],
    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "priorityClassName": "important",
    "runtimeClassName": "gvisor",
    "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}],
    "dnsConfig": {"nameservers": ["10.0.0.2"]},
    "terminationGracePeriodSeconds": 600,
}
LISTS: dict[str, tuple[str, Object]] = {
    "initContainers": ("initContainers", {"name": "first", "image": "a"}),
    "extraContainers": ("containers", {"name": "beside", "image": "a"}),
    "extraVolumes": ("volumes", {"name": "more", "emptyDir": {}}),
}
CONTAINER_FIELDS: dict[str, tuple[str, list[Object]]] = {
    "extraEnv": ("env", [{"name": "A", "value": "1"}]),
    "envFrom": ("envFrom", [{"secretRef": {"name": "a"}}]),
    "extraVolumeMounts": ("volumeMounts", [{"name": "a", "mountPath": "/a"}]),
}
TESTED_ALONE = {
    "podAnnotations",
    "podLabels",
    "serviceAccount",
    "podSecurityContext",
    "containerSecurityContext",
    "topologySpreadConstraints",
    "strategy",
    "revisionHistoryLimit",
    "startupProbe",
    "readinessProbe",
    "livenessProbe",
    "lifecycle",
    "autoscaling",
}
URL = ("--set", "data.url=http://a/b.csv")
OPENSHIFT = ("--values", CHART / "values-openshift.yaml")
RANGE = range(1_000_650_000, 1_000_660_000)
ALLOWED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def given(component: str, field: str, value: object) -> tuple[str, str]:
    return "--set-json", f"{component}.{field}={json.dumps(value)}"


def having(objects: list[Object], so: Callable[[Object], bool]) -> set[str]:
    """Which pods are so: Jobs by their kind, as their names are hashes."""
    return {name if name[0] in "DP" else name.split()[0] for name, pod in pods(objects) if so(pod)}


def has(field: str, value: object, pod: Object) -> bool:
    return bool(pod.get(field) == value)


def lists(field: str, item: Object, pod: Object) -> bool:
    return item in pod.get(field, [])


def test_all_values_are_tested_here():
    elsewhere = {path for path in OF_COMPONENTS if path.partition(".")[0] in TESTED_ALONE}
    assert {*POD_FIELDS, *LISTS, *CONTAINER_FIELDS} | elsewhere == OF_COMPONENTS.keys()
    assert all(f"{component}.{field}" in LEAVES for component in PODS for field in POD_FIELDS)


@pytest.mark.parametrize("component", PODS)
def test_a_field_of_the_pod_reaches_the_components_pods(render, component):
    values = [part for field, value in POD_FIELDS.items() for part in given(component, field, value)]
    objects = render("--set", "models.accessMode=ReadWriteMany", *values)
    for field, value in POD_FIELDS.items():
        assert having(objects, partial(has, field, value)) == PODS[component], field


@pytest.mark.parametrize("component", PODS)
def test_lists_of_the_pod_get_further_items(render, component):
    values = [part for field, (_, item) in LISTS.items() for part in given(component, field, [item])]
    objects = render(*values)
    for field, (key, item) in LISTS.items():
        also = PODS["training"] if (component, field) == ("rollout", "extraVolumes") else set()
        assert having(objects, partial(lists, key, item)) == PODS[component] | also, field


@pytest.mark.parametrize("component", CONTAINERS)
def test_a_field_of_the_container_reaches_the_components_containers(render, component):
    values = [part for field, (_, value) in CONTAINER_FIELDS.items() for part in given(component, field, value)]
    objects = render(*URL, *values)
    for field, (key, value) in CONTAINER_FIELDS.items():
        found = {
            f"{where.split()[0]} {each['name']}"
            for where, each in containers(objects)
            if each.get(key, [])[-len(value) :] == value
        }
        assert found == CONTAINERS[component], field


@pytest.mark.parametrize("component", PODS)
def test_labels_and_annotations_reach_the_pods(render, component):
    objects = render("--set", f"{component}.podLabels.a=b,{component}.podAnnotations.c=d,commonLabels.e=f")
    found = {}
    for each in objects:
        template = each.get("spec", {}).get("jobTemplate", each).get("spec", {}).get("template", each)
        if each["kind"] in {"Deployment", "Job", "CronJob", "Pod"}:
            found[f"{each['kind']} {each['metadata']['name']}"] = template["metadata"]
    with_label = {name for name, metadata in found.items() if metadata["labels"].get("a") == "b"}
    with_annotation = {name for name, metadata in found.items() if metadata.get("annotations", {}).get("c") == "d"}
    assert {name if name[0] in "DP" else name.split()[0] for name in with_label} == PODS[component]
    assert with_annotation == with_label
    assert all(metadata["labels"]["e"] == "f" for metadata in found.values())
    assert all(each["metadata"]["labels"]["e"] == "f" for each in objects)


def test_a_pods_label_replaces_a_common_one(render):
    objects = render("--set", "commonLabels.a=common,gateway.podLabels.a=own,rollout.podLabels.a=own")
    assert one(objects, "Deployment", "gateway")["spec"]["template"]["metadata"]["labels"]["a"] == "own"
    assert one(objects, "Pod")["metadata"]["labels"]["a"] == "own"


@pytest.mark.parametrize("field", ["commonLabels", "gateway.podLabels"])
def test_the_charts_own_labels_cannot_be_replaced(helm, field):
    label = f"{field}.app\\.kubernetes\\.io/name=a"
    refused = helm("template", "ecg", CHART, "--set", label, failing=True)
    assert "invalid propertyName 'app.kubernetes.io/name'" in refused


@pytest.mark.parametrize(
    ("values", "account", "made"),
    [
        ("serviceAccount.name=a", "a", True),
        ("serviceAccount.name=a,gateway.serviceAccount.create=false", "a", False),
        ("serviceAccount.create=false", "default", False),
    ],
)
def test_an_account_has_the_name_that_its_pods_and_its_rights_use(render, values, account, made):
    objects = render("--set", f"gateway.serviceAccount.annotations.b=c,gateway.{values}")
    accounts = {each["metadata"]["name"]: each["metadata"] for each in objects if each["kind"] == "ServiceAccount"}
    assert accounts.get(account, {}).get("annotations") == ({"b": "c"} if made else None)
    assert one(objects, "Deployment", "gateway")["spec"]["template"]["spec"]["serviceAccountName"] == account
    assert one(objects, "RoleBinding", "gateway")["subjects"][0]["name"] == account


def test_the_test_may_have_an_account_of_its_own(render):
    objects = render("--set", "rollout.serviceAccount.create=true")
    account = one(objects, "ServiceAccount", "test")["metadata"]["name"]
    assert one(objects, "Pod")["spec"]["serviceAccountName"] == account


def test_a_custom_affinity_keeps_pods_that_share_a_claim_together(render):
    term = {"topologyKey": "rack", "labelSelector": {}}
    affinity = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    pod = one(render(*given("serving", "affinity", affinity)), "Deployment", "serving")["spec"]["template"]["spec"]
    mine, theirs = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert (mine, theirs["topologyKey"]) == (term, "kubernetes.io/hostname")


def test_a_constraint_without_a_selector_selects_the_components_pods(render):
    selected = {"matchLabels": {"a": "b"}}
    constraints = [{"topologyKey": "zone"}, {"topologyKey": "rack", "labelSelector": selected}]
    objects = render(*given("gateway", "topologySpreadConstraints", constraints))
    deployment = one(objects, "Deployment", "gateway")["spec"]
    filled, kept = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert (filled["topologyKey"], filled["labelSelector"]) == ("zone", deployment["selector"])
    assert kept == constraints[1]


@pytest.mark.parametrize("component", ["serving", "gateway"])
def test_how_a_deployment_replaces_its_pods_can_be_changed(render, component):
    values = f"{component}.strategy.rollingUpdate.maxSurge=2,{component}.revisionHistoryLimit=3"
    spec = one(render("--set", values), "Deployment", component)["spec"]
    assert spec["strategy"] == {"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}
    assert spec["revisionHistoryLimit"] == 3


def test_a_deployment_may_stop_its_pods_first(render):
    spec = one(render("--set", "gateway.strategy.type=Recreate"), "Deployment", "gateway")["spec"]
    assert spec["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("component", ["training", "gateway"])
def test_null_is_the_same_as_an_absent_value(render, component):
    fields = [path for path in OF_COMPONENTS if f"{component}.{path}" in LEAVES and "." not in path]
    kept = {"podSecurityContext", "containerSecurityContext", "strategy", "revisionHistoryLimit"}
    kept |= {"topologySpreadConstraints", "startupProbe", "readinessProbe", "livenessProbe"}
    null = ",".join(f"{component}.{field}=null" for field in fields if field not in kept)
    assert render("--set", null) == render()


@pytest.mark.parametrize("component", ["serving", "gateway"])
@pytest.mark.parametrize("probe", ["startupProbe", "readinessProbe", "livenessProbe"])
def test_a_probe_takes_what_the_values_give_and_keeps_the_rest(render, component, probe):
    usual: dict[str, Any] = container_of(render(), "Deployment", component)[probe]
    slower = container_of(render("--set", f"{component}.{probe}.periodSeconds=30"), "Deployment", component)[probe]
    assert slower == usual | {"periodSeconds": 30}
    other = container_of(render(*given(component, f"{probe}.exec", {"command": ["a"]})), "Deployment", component)[probe]
    assert other.keys() & {"httpGet", "tcpSocket", "grpc", "exec"} == {"exec"}
    assert probe not in container_of(render("--set", f"{component}.{probe}=null"), "Deployment", component)


@pytest.mark.parametrize("component", ["serving", "gateway"])
def test_a_hook_is_added_and_a_pre_stop_takes_the_place_of_the_wait(render, component):
    def lifecycle(value: Object) -> Object:
        objects = render(*given(component, "lifecycle", value))
        found: Object = container_of(objects, "Deployment", component)["lifecycle"]
        return found

    hook = {"exec": {"command": ["a"]}}
    assert lifecycle({"postStart": hook}) == lifecycle({}) | {"postStart": hook}
    assert lifecycle({"preStop": hook}) == {"preStop": hook}


@pytest.mark.parametrize("component", PODS)
def test_null_leaves_security_contexts_out(render, component):
    objects = render(*URL, "--set", f"{component}.podSecurityContext=null,{component}.containerSecurityContext=null")
    assert having(objects, lambda pod: "securityContext" not in pod) == PODS[component]
    bare = [(where.split()[0], each["name"]) for where, each in containers(objects) if "securityContext" not in each]
    own = {"Deployment model"} if component == "serving" else set()
    assert {" ".join(each) for each in bare} == CONTAINERS[component] | own


def test_on_openshift_pods_pass_restricted_v2(render):
    """The rules of that security context constraint, which sets absent ids itself."""
    found = dict(pods(render(*OPENSHIFT, *URL)))
    assert len(found) == 5
    for name, pod in found.items():
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        assert {kind for volume in pod["volumes"] for kind in volume} - {"name"} <= ALLOWED_VOLUMES, name
        assert pod["securityContext"].get("seccompProfile", {}).get("type") in {None, "RuntimeDefault"}, name
        assert_ids_in_range(pod["securityContext"])
    for name, container in containers(render(*OPENSHIFT, *URL)):
        context = container["securityContext"]
        assert (context["allowPrivilegeEscalation"], context.get("privileged", False)) == (False, False), name
        assert context["capabilities"]["drop"] == ["ALL"], name
        assert set(context["capabilities"].get("add", [])) <= {"NET_BIND_SERVICE"}, name
        assert not [port for port in container.get("ports", []) if "hostPort" in port], name
        assert_ids_in_range(context)


def assert_ids_in_range(context: Object) -> None:
    assert context.get("runAsUser", RANGE[0]) in RANGE
    assert context.get("fsGroup", RANGE[0]) in RANGE


def test_without_openshift_the_chart_sets_the_ids(render):
    with pytest.raises(AssertionError):
        assert_ids_in_range(next(pods(render()))[1]["securityContext"])
