"""API keys: which pods mount which part of the Secret, and that the chart's own requests send a key."""

import pytest

from gateway.routes import ROUTES
from gateway.settings import Settings
from rollout.options import parse_options
from tests.unit.chart.conftest import CHART, Object, containers, pods

KEYS = ("--set", "gateway.apiKeys.existingSecret=ecg-keys")
FILE = "/var/run/secrets/ecg/key"


@pytest.fixture
def keyed(render) -> list[Object]:
    objects: list[Object] = render(*KEYS)
    return objects


def mounting(objects: list[Object]) -> set[str]:
    """The containers that mount the Secret, by the kind of their object."""
    return {
        f"{where.split()[0]} {where.rpartition(': ')[2]}"
        for where, each in containers(objects)
        if "/var/run/secrets/ecg" in [mount["mountPath"] for mount in each.get("volumeMounts", [])]
    }


def entries(objects: list[Object]) -> dict[str, list[str]]:
    """The entries of the Secret that the pods of each kind hold."""
    return {
        name.split()[0]: [item["key"] for item in volume["secret"]["items"]]
        for name, pod in pods(objects)
        for volume in pod.get("volumes", [])
        if "secret" in volume
    }


def test_without_the_value_there_is_no_trace_of_keys(render):
    assert mounting(render()) == set()
    assert entries(render()) == {}
    assert "ECG_API_KEYS_FILE" not in str(render())


def test_the_gateway_gets_the_key_file_and_its_clients_the_key(keyed):
    assert mounting(keyed) == {"Deployment gateway", "Job rollout", "CronJob rollout", "Pod test"}
    assert entries(keyed) == {"Deployment": ["keys"], "Job": ["own-key"], "CronJob": ["own-key"], "Pod": ["own-key"]}


def test_the_gateways_setting_has_the_path_of_the_key_file(keyed):
    (gateway,) = [each for where, each in containers(keyed) if where == "Deployment ecg-gateway: gateway"]
    env = {each["name"]: each["value"] for each in gateway["env"]}
    assert Settings.from_env(env).api_keys_file == FILE


def test_the_file_is_mounted_as_a_folder_so_that_it_can_change(keyed):
    mounts = [mount for _, each in containers(keyed) for mount in each["volumeMounts"] if mount["name"] == "keys"]
    assert len(mounts) == 4
    assert all(mount == {"name": "keys", "mountPath": "/var/run/secrets/ecg", "readOnly": True} for mount in mounts)


def test_the_test_and_the_promotion_send_the_key(keyed):
    asking = [
        each["args"] for _, each in containers(keyed) if any("--gateway=" in part for part in each.get("args", []))
    ]
    assert len(asking) == 3
    assert [str(parse_options(arguments).key_file) for arguments in asking] == [FILE] * 3


def test_pods_that_send_no_requests_get_no_key(render):
    objects = render(*KEYS, "--set", "rollout.promote=false")
    assert mounting(objects) == {"Deployment gateway", "Pod test"}
    assert "Job" not in entries(objects)


def test_probes_and_prometheus_use_paths_without_a_key(keyed, every_option):
    probes = {
        each[probe]["httpGet"]["path"]
        for where, each in containers(keyed)
        for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        if where.endswith(": gateway")
    }
    monitors = {
        endpoint["path"]
        for each in every_option
        if each["kind"] == "ServiceMonitor" and each["metadata"]["name"].endswith("gateway")
        for endpoint in each["spec"]["endpoints"]
    }
    assert probes == {"/health", "/ready"}
    assert monitors == {"/metrics"}
    assert probes | monitors <= {route.path for route in ROUTES if route.keyless}


@pytest.mark.parametrize("origins", ["https://a.example/", "a.example", "https://a.example, https://b.example"])
def test_origins_that_no_browser_sends_are_refused(helm, origins):
    value = origins.replace(",", "\\,")
    refused = helm("template", "ecg", CHART, "--set", f"gateway.settings.corsOrigins={value}", failing=True)
    assert "corsOrigins" in refused
