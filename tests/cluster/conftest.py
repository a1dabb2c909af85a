"""A cluster named by KUBECONFIG, a namespace that enforces restricted Pod Security, and the release in it.

What not every cluster has is named by variables; a test without its own is skipped: ECG_REGISTRY, an image registry by
plain HTTP; ECG_GATEWAY, the address of Gateways of the class ECG_GATEWAY_CLASS (traefik); ECG_NODE, the command
that takes stop, start, cut and mend for a second node of that name. ECG_INGRESS is where the Ingress listens
(http://127.0.0.1:8080), ECG_SHARED_CLASS a ReadWriteMany storage class (shared).
"""

import gzip
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from data.sources.generate import Recipe, generate
from tests.support.gateway.gateway_process import ROOT
from training.dataset.splits import Splits, read_splits
from training.options import parse_options

CHART = ROOT / "helm" / "ecg"
VALUES = Path(__file__).with_name("values.yaml")
PATIENCE = "5m"
SWITCH = os.environ.get("ECG_NODE")
ROWS = 1000  # of which 200 are held back


def run(*command: object, text: str | None = None) -> str:
    """A command's output; its errors are part of the failure."""
    done = subprocess.run([str(each) for each in command], input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Cluster:
    """One namespace of the cluster, and the release `ecg` in it."""

    namespace: str
    tag: str
    helm_program: str = "helm"

    def kubectl(self, *arguments: object, text: str | None = None) -> str:
        return run("kubectl", "--namespace", self.namespace, *arguments, text=text)

    def objects(self, kind: str, component: str | None = None) -> list[dict[str, Any]]:
        """Objects of a kind, in the order of their creation."""
        selector = f"--selector=app.kubernetes.io/component={component}" if component else "--selector="
        listed = json.loads(
            self.kubectl("get", kind, selector, "--sort-by=.metadata.creationTimestamp", "--output=json")
        )
        items: list[dict[str, Any]] = listed["items"]
        return items

    def names(self, kind: str, component: str | None = None) -> list[str]:
        return [each["metadata"]["name"] for each in self.objects(kind, component)]

    def helm(self, *arguments: object) -> str:
        return run(self.helm_program, "--namespace", self.namespace, *arguments)

    def deploy(self, command: str, *arguments: object, wait: bool = True) -> str:
        """Install or upgrade the release and, by default, wait for all of it."""
        images = [f"--set={name}.image.tag={self.tag}" for name in ("training", "serving", "gateway", "rollout")]
        waiting = ["--wait", "--wait-for-jobs", f"--timeout={PATIENCE}"] if wait else []
        return self.helm(command, "ecg", CHART, f"--values={VALUES}", *images, *waiting, *arguments)


class Rollout:
    """`python -m rollout` on this cluster, as a platform engineer runs it."""

    def __init__(self, namespace: str, *options: str) -> None:
        self._command = [sys.executable, "-m", "rollout", f"--namespace={namespace}", *options]

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        command = [*self._command, *map(str, arguments)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def __call__(self, *arguments: object, code: int = 0) -> str:
        """Run it to its end; return its output."""
        with self.start(*arguments) as process:
            assert process.stdout
            said = process.stdout.read()
        assert process.returncode == code, said
        return said


class Ingress:
    """Requests from outside, each on a new connection; answers have the attributes that the tests read."""

    def __init__(self, url: str, host: str, key: str | None = None) -> None:
        self._address = urlsplit(url).netloc
        self._always = {"Content-Type": "application/json", "Host": host}
        if key:
            self._always["Authorization"] = f"Bearer {key}"

    def ask(self, method: str, path: str, content: object = None, headers: Mapping[str, str] | None = None) -> Any:
        with closing(http.client.HTTPConnection(self._address, timeout=30)) as connection:
            connection.request(method, path, json.dumps(content), self._always | dict(headers or {}))
            response = connection.getresponse()
            body = response.read()
            content = json.loads(body) if response.headers.get_content_type() == "application/json" else body
            return SimpleNamespace(status_code=response.status, headers=response.headers, json=content)


@contextmanager
def in_namespace(name: str, helm_program: str = "helm") -> Iterator[Cluster]:
    """A namespace that enforces restricted Pod Security, for as long as the block lasts."""
    if "KUBECONFIG" not in os.environ:
        pytest.fail("KUBECONFIG is not set: it names the cluster to test on")
    run("kubectl", "create", "namespace", name)
    run("kubectl", "label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    try:
        yield Cluster(name, os.environ.get("ECG_IMAGE_TAG", "dev"), helm_program)
    finally:
        run("kubectl", "delete", "namespace", name, "--wait=true", f"--timeout={PATIENCE}")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with in_namespace(f"ecg-e2e-{os.getpid()}") as cluster:
        yield cluster


def switch(word: str) -> None:
    """Turn the second node's power, or its cable, off or on."""
    run(*str(SWITCH).split(), word)


@pytest.fixture(scope="module")
def lost() -> Iterator[str]:
    """The node of the switch; it is always restored afterwards."""
    assert SWITCH
    name = os.path.basename(SWITCH.split()[0])
    run("kubectl", "get", "node", name)
    yield name
    switch("start")
    switch("mend")


@pytest.fixture(scope="session")
def ingress_url() -> str:
    """Where the cluster's ingress listens: ECG_INGRESS, else on this machine."""
    return os.environ.get("ECG_INGRESS", "http://127.0.0.1:8080")


@pytest.fixture(scope="module")
def ingress(ingress_url: str, request: pytest.FixtureRequest) -> Ingress:
    """The ingress of the module's release: by its HOST, else by the host of values.yaml."""
    return Ingress(ingress_url, getattr(request.module, "HOST", "ecg.test"))


@pytest.fixture(scope="session")
def beats(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """Real beats if the data exist, else synthetic ones; small enough for a ConfigMap."""
    path = tmp_path_factory.mktemp("beats") / "beats.csv.gz"
    try:
        source = gzip.decompress((request.getfixturevalue("real_data") / "ecg.csv.gz").read_bytes()).splitlines()
    except pytest.skip.Exception:
        generate(path.with_suffix(""), Recipe(beats=ROWS))
        source = path.with_suffix("").read_bytes().splitlines()[1:]
    chosen = np.random.default_rng(0).choice(len(source), ROWS, replace=False)
    path.write_bytes(gzip.compress(b"\n".join(source[row] for row in sorted(chosen))))
    return path


@pytest.fixture(scope="session")
def splits(beats: Path, tmp_path_factory: pytest.TempPathFactory) -> Splits:
    """The beats as the training Job deals them out: same file, same seed."""
    return read_splits(parse_options(["--data", str(beats)]), tmp_path_factory.mktemp("splits"))


@pytest.fixture(scope="session")
def bodies(splits: Splits) -> list[dict[str, Any]]:
    return [{"features": beat.tolist()} for block, _ in splits.test.blocks() for beat in block]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a figure past pytest's capture."""

    def show(line: str) -> None:
        with capsys.disabled():
            print(f"\n    {line}", flush=True)

    return show
