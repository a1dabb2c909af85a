"""What components that do not import one another must say alike."""

import ast
import inspect
import re
import socket
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

import pytest

import gateway.server
import gateway.telemetry.tracing
import rollout.options
import serving.rest.server
import serving.telemetry.tracing
import training.options
from gateway.candidate.annotation import ANNOTATION
from gateway.exchange import VERSION
from gateway.telemetry.metrics import Metrics
from rollout.kubernetes.deployment import CANDIDATE

ROOT = Path(__file__).parents[3]
OWN = r"SettingsError|TracingError|calls|requests|gateway\.telemetry|serving\.telemetry"  # what each has its own


def sources(folder: str, ending: str = "*.py") -> str:
    return "".join(path.read_text() for path in sorted((ROOT / folder).rglob(ending)))


def test_the_tool_and_the_chart_read_the_annotation_that_the_gateway_reads():
    assert CANDIDATE == ANNOTATION
    live = (ROOT / "helm" / "ecg" / "templates" / "serving" / "_live.tpl").read_text()
    assert f'"annotations" "{ANNOTATION}"' in live


def test_the_tool_asks_for_metrics_that_the_gateway_has():
    known = set(re.findall(r"^# TYPE (\S+)", Metrics().text().decode(), re.MULTILINE))
    asked = set(re.findall(r'"(ecg_gateway_\w+)"', sources("rollout")))
    assert len(asked) == 8
    assert asked <= known


@pytest.mark.parametrize("client", ["rollout", "data"])
def test_clients_name_the_version_in_the_gateways_header(client):
    assert set(re.findall(r'"(X-\w+-Version)"', sources(client))) == {VERSION}


def functions(module: object) -> dict[str, str]:
    """The code of a module's functions without their texts."""
    tree = ast.parse(re.sub(OWN, "OWN", inspect.getsource(module)))  # type: ignore[arg-type]
    return {each.name: ast.unparse(each) for each in tree.body if isinstance(each, ast.FunctionDef)}


def test_both_servers_read_opentelemetrys_variables_alike():
    gateways = functions(gateway.telemetry.tracing)
    assert gateways
    assert gateways == functions(serving.telemetry.tracing)


@pytest.mark.parametrize("listen", [lambda: gateway.server.listener(":0"), lambda: serving.rest.server.listen(0)])
def test_both_servers_listen_on_ipv4_and_ipv6_with_one_socket(listen: Callable[[], socket.socket]):
    with listen() as listener:
        both = socket.has_dualstack_ipv6()
        assert listener.family == (socket.AF_INET6 if both else socket.AF_INET)
        if both:
            assert listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 0


@pytest.mark.parametrize("listen", [lambda port: gateway.server.listener(f":{port}"), serving.rest.server.listen])
def test_both_servers_reject_a_port_in_use(listen: Callable[[int], socket.socket]):
    with serving.rest.server.listen(0) as taken, pytest.raises(OSError, match="in use"):
        listen(taken.getsockname()[1])


@pytest.mark.parametrize("text", ["3", "2", "2.5", "-1", "nan", "many", ""])
def test_training_and_the_tool_read_whole_numbers_alike(text):
    def outcome(convert: Callable[[str], float]) -> object:
        try:
            return convert(text)
        except ArgumentTypeError as error:
            return str(error)

    assert outcome(rollout.options._at_least(3)) == outcome(training.options._at_least(3))
