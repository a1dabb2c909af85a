"""Services and the Ingress: names, addresses, paths and their targets."""

import pytest

from gateway.settings import Settings
from tests.unit.chart.conftest import CHART, Object, one

ADDRESSES = ("--set", "serving.service.ipFamilyPolicy=SingleStack,serving.service.ipFamilies={IPv6}")


def rules(objects: list[Object]) -> list[tuple[str | None, list[tuple[str, str]]]]:
    """Host and paths of each rule of the Ingress."""
    return [
        (rule.get("host"), [(path["path"], path["pathType"]) for path in rule["http"]["paths"]])
        for rule in one(objects, "Ingress")["spec"]["rules"]
    ]


def test_the_ingress_leads_to_everything_under_any_name(render):
    assert rules(render()) == [(None, [("/", "Prefix")])]
    assert "tls" not in one(render(), "Ingress")["spec"]


def test_each_host_has_all_paths_and_the_certificate(render):
    paths = "ingress.paths[0].path=/predict,ingress.paths[0].pathType=Exact,ingress.paths[1].path=/v2"
    objects = render("--set", f"ingress.host=a,ingress.hosts={{b,a}},ingress.tlsSecret=ab,{paths}")
    asked = [("/predict", "Exact"), ("/v2", "Prefix")]
    assert rules(objects) == [("a", asked), ("b", asked)]
    assert one(objects, "Ingress")["spec"]["tls"] == [{"secretName": "ab", "hosts": ["a", "b"]}]


def nginx(objects: list[Object]) -> dict[str, str]:
    """The Ingress' annotations for ingress-nginx."""
    annotations: dict[str, str] = one(objects, "Ingress")["metadata"]["annotations"]
    return {key.removeprefix("nginx.ingress.kubernetes.io/"): value for key, value in annotations.items()}


def test_an_ingress_tries_another_pod_if_one_does_not_answer(render):
    asked = nginx(render())
    assert asked["proxy-connect-timeout"] == "1"
    assert set(asked["proxy-next-upstream"].split()) == {"error", "timeout", "non_idempotent"}


@pytest.mark.parametrize("deadline", [None, 2.5, 30])
def test_an_ingress_waits_as_long_as_the_gateway_may_take(render, deadline):
    asked = nginx(render(*(() if deadline is None else ("--set", f"gateway.settings.deadlineSeconds={deadline}"))))
    spare = float(asked["proxy-read-timeout"]) - (deadline or Settings().deadline_seconds)
    assert 2 <= spare < 3


def test_custom_annotations_replace_the_charts(render):
    given = "ingress.annotations.nginx\\.ingress\\.kubernetes\\.io/proxy-read-timeout=60"
    assert nginx(render("--set-string", given))["proxy-read-timeout"] == "60"


def test_by_default_services_take_the_clusters_addresses(render):
    for component, expected in (
        ("gateway", {"type", "selector", "ports"}),
        ("serving", {"clusterIP", "selector", "ports"}),
    ):
        service = one(render(), "Service", component)
        assert service["spec"].keys() == expected
        assert "annotations" not in service["metadata"]


def test_the_gateways_service_can_be_any_load_balancer(every_option):
    service = one(every_option, "Service", "gateway")
    assert service["metadata"]["annotations"] == {"example.com/load-balancer": "internal"}
    spec = {key: value for key, value in service["spec"].items() if key != "selector"}
    assert spec == {
        "type": "LoadBalancer",
        "loadBalancerIP": "192.0.2.1",
        "ipFamilyPolicy": "RequireDualStack",
        "ipFamilies": ["IPv6", "IPv4"],
        "ports": [{"name": "http", "port": 8080, "targetPort": "http", "nodePort": 30080}],
    }


def test_the_model_servers_service_stays_headless(render):
    service = one(render(*ADDRESSES, "--set", "serving.service.annotations.a=b"), "Service", "serving")
    assert service["metadata"]["annotations"] == {"a": "b"}
    assert service["spec"]["clusterIP"] == "None"
    assert (service["spec"]["ipFamilyPolicy"], service["spec"]["ipFamilies"]) == ("SingleStack", ["IPv6"])


@pytest.mark.parametrize("wrong", ["ingress.paths[0].path=predict", "gateway.service.ipFamilies={IPv5}"])
def test_routes_without_a_target_are_rejected(helm, wrong):
    path = wrong.partition("=")[0].partition("[")[0].replace(".", "/")
    assert path in helm("template", "ecg", CHART, "--set", wrong, failing=True)
