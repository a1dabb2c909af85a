"""What the chart makes of its values, object by object."""

import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.settings import Settings
from gateway.telemetry.tracing import export_protocol
from rollout.options import parse_options
from serving.flags import Flags
from tests.unit.chart.conftest import CHART, Object, container_of, containers, one, pods

LATEST = ("--set", "serving.versions=latest")
OWN_SERVER = ("--values", CHART / "values-ecg-serving.yaml")
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
NEW_DATA = {
    "content": ["--set", "data.content=a"],
    "configMap": ["--set", "data.configMap.name=beats"],
    "url": ["--set", "data.url=http://a/beats.csv"],
    "claim": ["--set", "data.existingClaim=beats,data.path=x.csv"],
    "revision": ["--set", "training.revision=20261124"],
    "option": ["--set", "training.options.epochs=2"],
    "image": ["--set", "training.image.tag=1234567"],
}


@pytest.fixture(params=["default", "every option"])
def objects(request, render, every_option):
    return render() if request.param == "default" else every_option


def flags_of(server: Object) -> Flags:
    return Flags.parse(server["args"])


def variables_of(program: Object) -> dict[str, str]:
    return {each["name"]: each["value"] for each in program["env"]}


def training_of(objects: list[Object]) -> Object:
    return container_of(objects, "Job", "training")


def job_name(objects: list[Object]) -> str:
    return str(one(objects, "Job")["metadata"]["name"])


def data_of(objects: list[Object]) -> tuple[str, Object, Any]:
    """The training container's --data, its volume, and the source of the volume."""
    pod = one(objects, "Job")["spec"]["template"]["spec"]
    args = training_of(objects)["args"]
    path = next(each for each in args if each.startswith("--data=")).removeprefix("--data=")
    (volume,) = [each for each in pod["volumes"] if each["name"] == "data"]
    return path, {key: value for key, value in volume.items() if key != "name"}, pod.get("initContainers")


def test_pods_pass_restricted_pod_security(objects):
    for name, pod in pods(objects):
        context = pod["securityContext"]
        assert context["runAsNonRoot"], name
        assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == 10001, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
    for name, container in containers(objects):
        context = container["securityContext"]
        assert (context["allowPrivilegeEscalation"], context["capabilities"]) == (False, {"drop": ["ALL"]}), name


def test_no_container_of_the_chart_can_write_to_its_image(render):
    assert [name for name, each in containers(render()) if not each["securityContext"]["readOnlyRootFilesystem"]] == []


def test_containers_have_requests_and_limits(objects):
    for name, container in containers(objects):
        for kind in ("requests", "limits"):
            assert container["resources"][kind].keys() >= {"cpu", "memory"}, name


def test_pods_hold_no_token_and_no_service_variables(objects):
    found = dict(pods(objects))
    assert len(found) == 5
    for name, pod in found.items():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name


def test_accounts_have_no_token_and_no_rights(render):
    accounts = [each for each in render() if each["kind"] == "ServiceAccount"]
    assert {each["metadata"]["name"] for each in accounts} == {"ecg-training", "ecg-serving", "ecg-gateway"}
    assert [each for each in accounts if each["automountServiceAccountToken"]] == []
    assert [each["kind"] for each in render(*LATEST) if "Role" in each["kind"]] == []


@pytest.mark.parametrize(("component", "verbs"), [("gateway", ["get"]), ("training", ["get", "patch"])])
def test_an_account_may_use_the_serving_deployment_and_nothing_else(render, component, verbs):
    role, binding = (one(render(), kind, component) for kind in ("Role", "RoleBinding"))
    deployment = one(render(), "Deployment", "serving")["metadata"]["name"]
    only = {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": [deployment], "verbs": verbs}
    assert role["rules"] == [only]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    account = one(render(), "ServiceAccount", component)["metadata"]["name"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": "default"}]
    assert [each["kind"] for each in render() if "Role" in each["kind"]] == [
        "Role",
        "Role",
        "RoleBinding",
        "RoleBinding",
    ]


def test_an_existing_account_gets_the_rights(render):
    binding = one(render("--set", "training.serviceAccount.name=trainer"), "RoleBinding", "training")
    assert binding["subjects"][0]["name"] == "trainer"


def test_only_pods_that_call_kubernetes_mount_a_token(render):
    def holders(objects: list[Object]) -> set[str]:
        return {
            name.partition(" ")[0] + name[name.rindex(":") :]
            for name, each in containers(objects)
            if any("serviceaccount" in mount["mountPath"] for mount in each.get("volumeMounts", []))
        }

    cron = {"CronJob: served", "CronJob: rollout"}
    assert holders(render()) == {"Deployment: gateway", "Job: served", "Job: rollout"} | cron
    assert holders(render(*LATEST)) == set()


def test_selectors_find_the_pods_and_no_others(objects):
    labels = {
        each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"]["template"]["metadata"]["labels"]
        for each in objects
        if each["kind"] in ("Deployment", "Job")
    }
    for each in objects:
        spec = each.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector") or {}
        selector = selector.get("matchLabels", selector)
        if selector:
            component = each["metadata"]["labels"]["app.kubernetes.io/component"]
            assert [name for name, pod in labels.items() if selector.items() <= pod.items()] == [component]


def test_a_pods_labels_do_not_change_with_the_charts_version(objects):
    for each in objects:
        template = each.get("spec", {}).get("template")
        if template:
            own = {key for key in template["metadata"]["labels"] if "example.com" not in key}
            assert own == {
                "app.kubernetes.io/name",
                "app.kubernetes.io/instance",
                "app.kubernetes.io/component",
            }


def test_only_training_writes_to_the_models(objects):
    for name, container in containers(objects):
        for mount in container.get("volumeMounts", []):
            if mount["name"] == "models":
                assert mount.get("readOnly", False) == (not name.endswith(": training")), name


def test_training_gateway_and_model_server_agree(objects):
    serving = container_of(objects, "Deployment", "serving")
    variables = variables_of(container_of(objects, "Deployment", "gateway"))
    base = variables_of(container_of(objects, "Deployment", "model"))["ECG_MODEL_BASE_PATH"]
    flags = flags_of(serving)
    service = one(objects, "Service", "serving")
    assert service["spec"]["clusterIP"] == "None"
    assert variables["ECG_SERVING_TARGET"] == f"dns:///{service['metadata']['name']}:{flags.port}"
    assert variables["ECG_MODEL_NAME"] == base.rpartition("/")[2]
    assert f"--models={base}" in training_of(objects)["args"]
    assert {each["containerPort"] for each in serving["ports"]} == {flags.port, flags.rest_api_port}


def test_the_latest_version_is_followed_in_its_folder(render):
    objects = render(*LATEST)
    flags = flags_of(container_of(objects, "Deployment", "serving"))
    model = container_of(objects, "Deployment", "model")
    assert flags.model_base_path == variables_of(model)["ECG_MODEL_BASE_PATH"]
    assert (flags.model_name, flags.model_config_file) == (flags.model_base_path.rpartition("/")[2], "")
    assert "minReadySeconds" not in one(objects, "Deployment", "serving")["spec"]
    assert [each["name"] for each in one(objects, "Job")["spec"]["template"]["spec"]["containers"]] == ["training"]
    assert "ECG_ROLLOUT_URL" not in variables_of(container_of(objects, "Deployment", "gateway"))


def test_an_upgrade_never_changes_a_pinned_version(render):
    """Helm owns each field that it renders, and would revert a rollout's change."""
    for name, each in containers(render()):
        assert "ECG_MODEL_VERSION" not in [variable["name"] for variable in each.get("env", [])], name
    assert flags_of(container_of(render(), "Deployment", "serving")).max_num_load_retries == 0
    given = render("--set", "serving.flags.max_num_load_retries=3")
    assert flags_of(container_of(given, "Deployment", "serving")).max_num_load_retries == 3


def test_the_gateway_reads_the_serving_deployment(render, helm, read_yaml):
    objects = read_yaml(helm("template", "mine", CHART, "--namespace=clinic"))
    deployment = one(objects, "Deployment", "serving")["metadata"]["name"]
    url = variables_of(container_of(objects, "Deployment", "gateway"))["ECG_ROLLOUT_URL"]
    assert url == f"https://kubernetes.default.svc/apis/apps/v1/namespaces/clinic/deployments/{deployment}"


def test_a_trained_version_is_promoted_and_a_served_one_is_kept(render):
    served, training, rollout = (container_of(render(), "Job", name) for name in ("served", "training", "rollout"))
    assert parse_options(served["args"]).into == Path("/tmp/served")
    assert {"--spare-file=/tmp/served", "--version-file=/tmp/published"} <= set(training["args"])
    promotion = parse_options(rollout["args"])
    assert (promotion.command, promotion.version_file, promotion.or_leave) == ("promote", Path("/tmp/published"), True)
    assert (promotion.tolerance, promotion.timeout) == (0.01, 300)
    left = render("--set", "rollout.promote=false")
    assert [each["name"] for each in one(left, "Job")["spec"]["template"]["spec"]["containers"]] == ["training"]
    assert container_of(left, "Job", "served")


def test_gateway_variables_are_settings(objects):
    variables = variables_of(one(objects, "Deployment", "gateway")["spec"]["template"]["spec"]["containers"][0])
    settings = Settings.from_env(variables)
    own = {name for name in variables if not name.startswith("OTEL_")}
    assert own <= {f"ECG_{field.name.upper()}" for field in fields(Settings)}
    assert export_protocol(variables) in (None, "http/protobuf")
    assert (settings.listen, settings.management_listen) in [("[::]:5000", "[::]:5001"), ("[::]:5000", "[::]:9090")]
    assert settings.keep_alive_seconds in (75, 620)


def test_numbers_reach_the_programs_without_exponents(every_option):
    args = training_of(every_option)["args"]
    serving = one(every_option, "Deployment", "serving")["spec"]["template"]["spec"]["containers"][0]
    gateway = one(every_option, "Deployment", "gateway")["spec"]["template"]["spec"]["containers"][0]
    assert {"--epochs=1000000", "--learning-rate=0.0005", "--unless-published", "--class-weights=0.8"} <= set(args)
    assert flags_of(serving).load_retry_interval_micros == 1_000_000
    assert flags_of(serving).enable_model_warmup
    assert variables_of(gateway)["ECG_MAX_BODY_BYTES"] == "16777216"


def test_probes_use_the_right_paths(objects):
    serving = one(objects, "Deployment", "serving")["spec"]["template"]["spec"]["containers"][0]
    gateway = one(objects, "Deployment", "gateway")["spec"]["template"]["spec"]["containers"][0]
    name = variables_of(gateway)["ECG_MODEL_NAME"]
    available = {"path": f"/v1/models/{name}/metadata", "port": "http"}
    assert serving["startupProbe"]["httpGet"] == serving["readinessProbe"]["httpGet"] == available
    assert serving["livenessProbe"]["httpGet"] == {"path": f"/v1/models/{name}", "port": "http"}
    assert gateway["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert gateway["startupProbe"]["httpGet"]["path"] == gateway["livenessProbe"]["httpGet"]["path"] == "/health"


def test_a_model_server_that_hangs_is_restarted_within_a_minute_and_not_for_a_slow_answer(objects):
    probe = one(objects, "Deployment", "serving")["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    silent = probe["periodSeconds"] * probe["failureThreshold"]
    assert silent >= 30
    longest = probe["periodSeconds"] + silent + probe["timeoutSeconds"] + probe["terminationGracePeriodSeconds"]
    assert longest < 55


@pytest.mark.parametrize("component", ["serving", "gateway"])
def test_a_leaving_pod_has_time_to_drain(objects, component):
    pod = one(objects, "Deployment", component)["spec"]["template"]["spec"]
    container = pod["containers"][0]
    drain = 25 if component == "serving" else int(variables_of(container)["ECG_GRACEFUL_SECONDS"])
    asleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= asleep + drain + 5


def test_clients_notice_a_leaving_model_server_before_it_stops(objects):
    container = one(objects, "Deployment", "serving")["spec"]["template"]["spec"]["containers"][0]
    (age,) = re.findall(r"grpc\.max_connection_age_ms=(\d+)", flags_of(container).grpc_channel_arguments)
    assert container["lifecycle"]["preStop"]["sleep"]["seconds"] > 2 * int(age) / 1000


def test_replicas_are_replaced_one_by_one_on_different_nodes(objects):
    for component in ("serving", "gateway"):
        spec = one(objects, "Deployment", component)["spec"]
        assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        (spread,) = spec["template"]["spec"]["topologySpreadConstraints"]
        assert spread["whenUnsatisfiable"] == "ScheduleAnyway"


def test_the_same_values_give_the_same_job(render, helm):
    assert job_name(render()) == job_name(render("--set", "gateway.replicas=5,serving.preStopSeconds=1"))
    assert f"name: {job_name(render())}\n" in helm("template", "ecg", CHART, "--is-upgrade")


def test_other_data_settings_or_image_give_another_job(render):
    names = [job_name(render(*values)) for values in [[], *NEW_DATA.values()]]
    assert len(set(names)) == len(NEW_DATA) + 1
    assert job_name(render("--set", "data.content=a")) != job_name(render("--set", "data.content=b"))


def test_tags_and_revisions_may_be_numbers(render):
    objects = render("--set", "training.image.tag=1234567,training.revision=20261124")
    assert training_of(objects)["image"] == "ecg-training:1234567"
    assert one(objects, "Job")["spec"]["template"]["metadata"]["annotations"] == {"revision": "20261124"}


def test_the_cronjob_trains_as_the_job_does(objects):
    job, cron = one(objects, "Job")["spec"], one(objects, "CronJob")["spec"]
    assert cron["jobTemplate"]["spec"] == job


def test_a_finished_job_stays_unless_it_is_given_a_time(render):
    assert "ttlSecondsAfterFinished" not in one(render(), "Job")["spec"]
    short = render("--set", "training.ttlSecondsAfterFinished=60")
    assert one(short, "Job")["spec"]["ttlSecondsAfterFinished"] == 60
    assert job_name(short) == job_name(render())  # and so trains nothing


def test_a_flag_of_null_is_left_out(render):
    serving = one(render("--set=serving.flags.other=null"), "Deployment", "serving")
    args = serving["spec"]["template"]["spec"]["containers"][0]["args"]
    assert not [arg for arg in args if arg.startswith("--other")]


def test_the_cronjob_waits_to_be_started_unless_it_has_a_schedule(render, every_option):
    assert one(render(), "CronJob")["spec"]["suspend"] is True
    cron = one(every_option, "CronJob")["spec"]
    assert (cron["suspend"], cron["schedule"], cron["timeZone"]) == (False, "0 3 * * 0", "Europe/Berlin")
    assert "timeZone" not in one(render(), "CronJob")["spec"]


def test_without_data_training_has_no_data_volume(render):
    pod = one(render(), "Job")["spec"]["template"]["spec"]
    assert [each["name"] for each in pod["volumes"]] == ["models", "tmp", "token"]
    assert not [each for each in training_of(render())["args"] if each.startswith("--data")]


def test_data_from_a_value(render):
    objects = render("--values", CHART / "ci" / "data-content-values.yaml")
    path, volume, _ = data_of(objects)
    assert path == "/data/beats.csv"
    assert volume == {"configMap": {"name": "ecg-data"}}
    assert one(objects, "ConfigMap", "data")["data"] == {"beats.csv": "0.1,0.2,0\n0.3,0.4,1\n"}


def test_data_from_a_configmap(render):
    path, volume, _ = data_of(render("--values", CHART / "ci" / "data-configmap-values.yaml"))
    assert (path, volume) == ("/data/beats.csv.gz", {"configMap": {"name": "beats"}})


def test_data_from_a_claim(render):
    path, volume, _ = data_of(render("--values", CHART / "ci" / "data-claim-values.yaml"))
    assert path == "/data/2026/beats.csv"
    assert volume == {"persistentVolumeClaim": {"claimName": "beats", "readOnly": True}}


def test_data_from_an_address_is_fetched_first(every_option):
    path, volume, starting = data_of(every_option)
    (fetch,) = [each for each in starting if each["name"] == "data"]
    assert (path, volume) == ("/data/ecg.csv.gz", {"emptyDir": {}})
    assert fetch["command"] == ["python", "-m", "data", "fetch"]
    assert fetch["args"] == ["https://data.example/beats/ecg.csv.gz?version=2", path]
    assert fetch["env"][0] == {"name": "HTTPS_PROXY", "value": "http://proxy.example:3128"}


def test_the_claim_outlives_the_release(render):
    claim = one(render(), "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert "storageClassName" not in claim["spec"]


def test_the_claim_may_end_with_the_release(render):
    def annotations(values: str) -> Object | None:
        found: Object = one(render("--set", values), "PersistentVolumeClaim")["metadata"]
        return found.get("annotations")

    assert annotations("models.retain=false") is None
    assert annotations("models.annotations.a=b") == {"a": "b", "helm.sh/resource-policy": "keep"}


def test_an_existing_claim_is_used_by_all(render):
    objects = render("--values", CHART / "ci" / "data-claim-values.yaml")
    assert not [each for each in objects if each["kind"] == "PersistentVolumeClaim"]
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for _, pod in pods(objects)
        for volume in pod["volumes"]
        if volume["name"] == "models"
    }
    assert claims == {"models"}


def test_pods_with_a_claim_for_one_node_share_that_node(render, every_option):
    for name, pod in pods(render()):
        mounts = any(each["name"] == "models" for each in pod["volumes"])
        assert ("affinity" in pod) == mounts, name
    for name, pod in pods(every_option):
        assert "podAffinity" not in pod.get("affinity", {}), name


def test_the_first_pod_on_a_node_need_not_wait_for_another(render):
    """The scheduler lets a pod that matches its own affinity start where no other does."""
    pod = one(render(), "Job")["spec"]["template"]
    (term,) = pod["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (expression,) = term["labelSelector"]["matchExpressions"]
    assert pod["metadata"]["labels"].items() >= term["labelSelector"]["matchLabels"].items()
    assert pod["metadata"]["labels"][expression["key"]] in expression["values"]


def test_training_can_be_left_out(render):
    kinds = {(each["kind"], each["metadata"]["name"]) for each in render("--set", "training.enabled=false")}
    assert not [each for each in kinds if "training" in each[1]]
    assert ("PersistentVolumeClaim", "ecg-models") in kinds


def test_a_disruption_budget_never_blocks_a_drain(render, every_option):
    def budgets(objects: list[Object]) -> list[str]:
        return sorted(each["metadata"]["name"] for each in objects if each["kind"] == "PodDisruptionBudget")

    wanted = "serving.podDisruptionBudget=true,gateway.podDisruptionBudget=true"
    movable = "models.accessMode=ReadWriteMany"
    assert budgets(every_option) == budgets(render("--set", f"{wanted},{movable}")) == ["ecg-gateway", "ecg-serving"]
    assert budgets(render("--set", f"{wanted},{movable},serving.replicas=1,gateway.replicas=1")) == []


NO_TRACES = ("--values", CHART / "ci" / "every-option-values.yaml", "--set", "tracing.endpoint=")


def test_only_the_gateway_reaches_the_model_server(render):
    objects = render(*NO_TRACES)
    rules = one(objects, "NetworkPolicy", "serving")["spec"]
    gateway = one(objects, "Deployment", "gateway")["spec"]["selector"]["matchLabels"]
    grpc, metrics = rules["ingress"]
    assert grpc == {"ports": [{"port": "grpc"}], "from": [{"podSelector": {"matchLabels": gateway}}]}
    assert metrics["ports"] == [{"port": "http"}]
    assert "namespaceSelector" in metrics["from"][0]
    assert "egress" not in rules


def test_the_gateway_calls_the_model_server_and_dns_only(render):
    objects = render(*NO_TRACES)
    rules = one(objects, "NetworkPolicy", "gateway")["spec"]
    serving = one(objects, "Deployment", "serving")["spec"]["selector"]["matchLabels"]
    dns, grpc = rules["egress"]
    assert {each["port"] for each in dns["ports"]} == {53}
    assert grpc == {"ports": [{"port": 8500}], "to": [{"podSelector": {"matchLabels": serving}}]}
    assert [each.get("namespaceSelector") for each in rules["ingress"][0]["from"]][1:] != []


@pytest.mark.parametrize("given", ["gateway.managementPort=9090", "gateway.managementPort=5001"])
def test_the_management_port_is_the_pods_alone(render, given):
    objects = render("--set", f"{given},ingress.enabled=true")
    gateway = container_of(objects, "Deployment", "gateway")
    (port,) = [each["containerPort"] for each in gateway["ports"] if each["name"] == "management"]
    assert Settings.from_env(variables_of(gateway)).management_listen == f"[::]:{port}"
    assert {gateway[probe]["httpGet"]["port"] for probe in PROBES} == {"management"}
    for service in [each for each in objects if each["kind"] == "Service"]:
        assert not {"management", port} & {
            value for each in service["spec"]["ports"] for value in (each.get("targetPort"), each["name"], each["port"])
        }


@pytest.mark.parametrize("off", ["0", "null"])
def test_without_a_management_port_everything_is_on_one_port(render, off):
    values = ("--values", CHART / "ci" / "every-option-values.yaml", "--set", f"gateway.managementPort={off}")
    objects = render(*values)
    gateway = container_of(objects, "Deployment", "gateway")
    assert Settings.from_env(variables_of(gateway)).management_listen == ""
    assert [each["name"] for each in gateway["ports"]] == ["http"]
    assert {gateway[probe]["httpGet"]["port"] for probe in PROBES} == {"http"}
    (endpoint,) = one(objects, "ServiceMonitor", "gateway")["spec"]["endpoints"]
    assert (endpoint["port"], "targetPort" in endpoint) == ("http", False)
    (rule,) = one(objects, "NetworkPolicy", "gateway")["spec"]["ingress"]
    assert rule["ports"] == [{"port": "http"}]
    assert namespaces(rule) == ["monitoring", "ingress-nginx"]


def namespaces(rule: Object) -> list[str]:
    """The namespaces that a NetworkPolicy's rule lets in."""
    selectors = [each["namespaceSelector"] for each in rule["from"] if "namespaceSelector" in each]
    return [each["matchLabels"]["kubernetes.io/metadata.name"] for each in selectors]


def test_callers_and_readers_of_metrics_reach_a_port_each(every_option):
    callers, readers = one(every_option, "NetworkPolicy", "gateway")["spec"]["ingress"]
    assert (callers["ports"], namespaces(callers)) == ([{"port": "http"}], ["ingress-nginx"])
    assert (readers["ports"], namespaces(readers)) == ([{"port": "management"}], ["monitoring"])


@pytest.mark.parametrize("callers", ["", ",networkPolicy.gatewayFrom[0].ipBlock.cidr=10.0.0.0/8"])
def test_without_metrics_readers_the_callers_rule_holds(render, callers):
    objects = render("--set", f"networkPolicy.enabled=true{callers}")
    _, rule = one(objects, "NetworkPolicy", "gateway")["spec"]["ingress"]
    assert rule.get("from") == ([{"ipBlock": {"cidr": "10.0.0.0/8"}}] if callers else None)


def test_training_reaches_the_network_only_to_fetch_data_and_to_promote(render, every_option):
    closed = one(render(*LATEST, "--set", "networkPolicy.enabled=true"), "NetworkPolicy", "training")["spec"]
    assert "egress" not in closed
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert one(every_option, "NetworkPolicy", "training")["spec"]["egress"] == [{}]
    pinned = render("--set", "networkPolicy.enabled=true")
    dns, api, gateway = one(pinned, "NetworkPolicy", "training")["spec"]["egress"]
    assert {each["port"] for each in dns["ports"]} == {53}
    assert (
        api
        == one(pinned, "NetworkPolicy", "gateway")["spec"]["egress"][2]
        == {"ports": [{"port": 443}, {"port": 6443}]}
    )
    labels = one(pinned, "Deployment", "gateway")["spec"]["template"]["metadata"]["labels"]
    assert gateway["to"] == [{"podSelector": {"matchLabels": labels}}]


def test_ingress_and_route_lead_to_the_gateway(every_option):
    service = one(every_option, "Service", "gateway")
    for rule in one(every_option, "Ingress")["spec"]["rules"]:
        (path,) = rule["http"]["paths"]
        assert path["backend"]["service"]["name"] == service["metadata"]["name"]
        assert path["backend"]["service"]["port"]["name"] == service["spec"]["ports"][0]["name"]
    route = one(every_option, "HTTPRoute")["spec"]
    backend = {"name": service["metadata"]["name"], "port": service["spec"]["ports"][0]["port"]}
    assert route["rules"] == [{"backendRefs": [backend], "timeouts": {"request": "10s", "backendRequest": "7s"}}]
    assert route["parentRefs"] == [{"name": "public", "namespace": "gateways"}]


def test_prometheus_finds_the_model_servers_metrics(every_option):
    monitor = one(every_option, "ServiceMonitor", "serving")["spec"]
    service = one(every_option, "Service", "serving")
    config = one(every_option, "ConfigMap", "serving")["data"]["monitoring.config"]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    (endpoint,) = monitor["endpoints"]
    assert endpoint["port"] in {each["name"] for each in service["spec"]["ports"]}
    assert f"path: {json.dumps(endpoint['path'])}" in config


def test_the_projects_own_server_replaces_the_official_one(render):
    own, official = (container_of(each, "Deployment", "serving") for each in (render(*OWN_SERVER), render()))
    assert own["image"].startswith("ecg-serving:")
    assert official["command"] == ["tensorflow_model_server"]
    assert "--allow_reload=false" not in official["args"]
    differs = {"image", "command", "args"}
    assert own == {key: value for key, value in official.items() if key not in differs} | {
        "image": own["image"],
        "args": own["args"],
    }
    theirs = replace(flags_of(official), allow_reload=False, grpc_max_threads=Flags().grpc_max_threads)
    assert flags_of(own) == theirs


@pytest.mark.parametrize("versions", ["pinned", "latest"])
def test_the_official_server_refuses_no_request_for_threads_and_is_not_held_up_by_a_broken_version(render, versions):
    official = flags_of(container_of(render("--set", f"serving.versions={versions}"), "Deployment", "serving"))
    assert (official.grpc_max_threads, official.max_num_load_retries) == (128, 0)


def test_the_projects_own_server_tries_the_latest_version_again(render):
    own = flags_of(container_of(render(*OWN_SERVER, *LATEST), "Deployment", "serving"))
    assert own.max_num_load_retries == Flags().max_num_load_retries > 0


def test_a_model_server_without_a_handler_receives_sigterm(objects):
    """As process 1 of its namespace it would not."""
    serving = one(objects, "Deployment", "serving")["spec"]["template"]["spec"]
    assert serving["shareProcessNamespace"] is True
