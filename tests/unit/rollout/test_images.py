"""Versions as images: packed the same each time, pushed, served by digest, and brought back."""

import base64
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout.commands import Commands
from rollout.errors import NotAllowed, RolloutError
from rollout.options import parse_options
from rollout.registry.packing import DESCRIPTION, Blob, pack, unpack
from rollout.workflow.clock import Clock
from tests.support.kubernetes.fake_cluster import FakeCluster, write_version
from tests.support.kubernetes.fake_registry import FakeRegistry, running

FILES = {"saved_model.pb": b"graph", "variables/variables.index": b"1", "assets.extra/metrics.json": b"{}"}


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with running() as registry:
        yield registry


@pytest.fixture
def name(registry: FakeRegistry) -> str:
    return f"{registry.address}/ecg-model"


class Tool:
    """`python -m rollout`, with a clock that only this moves."""

    def __init__(self, kubeconfig: Path, docker_config: Path) -> None:
        self.kubeconfig, self.docker_config, self.now = kubeconfig, docker_config, 0.0
        self.said: list[str] = []

    def __call__(self, *arguments: str) -> None:
        clock = Clock(lambda: self.now, self._sleep, lambda: "2026-11-24T13:00:00+00:00")
        options = parse_options(["--timeout", "30", "--plain-http", *arguments])
        Commands(options, str(self.kubeconfig), clock, self.said.append, None, self.docker_config).run()

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def images(cluster, tmp_path) -> Tool:
    return Tool(cluster.kubeconfig(tmp_path), tmp_path / "config.json")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Three versions on a volume."""
    base = tmp_path / "ecg"
    write_version(base, 1)
    write_version(base, 2, v1=0.9)
    write_version(base, 3, v1=0.9, v2=0.9)
    (base / "3" / "saved_model.pb").write_bytes(b"graph")
    return base


@pytest.fixture
def published(images, models, name, cluster, capsys) -> list[str]:
    """The references of the three versions in the registry, for a Deployment of model images."""
    for number in (1, 2, 3):
        images("--models", str(models), "pack", str(number), "--to", name)
    cluster.environment["model"]["ECG_MODEL_IMAGES"] = name
    return [line.split()[-1] for line in capsys.readouterr().out.splitlines()]


def log_in(tool: Tool, registry: FakeRegistry) -> None:
    auth = base64.b64encode(registry.password.encode()).decode()
    tool.docker_config.write_text(json.dumps({"auths": {registry.address: {"auth": auth}}}))


def serve(cluster: FakeCluster, number: int, published: list[str]) -> None:
    cluster.image = published[number - 1]
    cluster.serve(number)


def test_the_same_files_give_the_same_digest_in_any_order():
    again = dict(reversed(FILES.items()))
    assert pack(3, FILES).index.digest == pack(3, again).index.digest
    others = [pack(4, FILES), pack(3, FILES | {"saved_model.pb": b"graff"}), pack(3, FILES | {"fingerprint.pb": b""})]
    assert len({image.index.digest for image in [pack(3, FILES), *others]}) == 4


def test_an_image_has_the_versions_folder_readable_by_all_and_what_was_recorded_apart():
    model, recorded, *_ = pack(3, FILES | {"assets.extra/beats.json": b"[]"}).blobs
    assert unpack(recorded.content) == {"assets.extra/metrics.json": b"{}", "assets.extra/beats.json": b"[]"}
    with tarfile.open(fileobj=io.BytesIO(model.content)) as archive:
        members = {member.name: (member.mode, member.mtime, member.uid) for member in archive}
    assert members == {
        "3": (0o755, 0, 0),
        "3/saved_model.pb": (0o644, 0, 0),
        "3/variables": (0o755, 0, 0),
        "3/variables/variables.index": (0o644, 0, 0),
    }


@pytest.mark.parametrize("metrics", [b"", b"{", b"[]", b'{"metrics": 3}'])
def test_a_version_without_readable_metrics_can_be_packed(metrics):
    annotations = json.loads(pack(3, {"assets.extra/metrics.json": metrics}).index.content)["annotations"]
    assert json.loads(annotations[DESCRIPTION]) in ({}, {"metrics": 3})


def test_an_image_is_for_every_architecture_with_one_copy_of_the_files(registry, published):
    (_, content) = registry.manifests[registry.tags["ecg-model"]["3"]]
    index = json.loads(content)
    platforms = {each["platform"]["architecture"]: each["digest"] for each in index["manifests"]}
    manifests = [json.loads(registry.manifests[digest][1]) for digest in platforms.values()]
    assert platforms.keys() == {"amd64", "arm64"}
    assert manifests[0]["layers"] == manifests[1]["layers"]
    for manifest in manifests:
        config = json.loads(registry.blobs[manifest["config"]["digest"]])
        assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    assert json.loads(index["annotations"][DESCRIPTION])["metrics"] == {"accuracy": 0.9, "macro_f1": 0.9}


def test_a_version_is_pushed_once(images, models, name, registry, published, capsys):
    registry.asked.clear()
    images("--models", str(models), "pack", "latest", "--to", name)
    assert capsys.readouterr().out == f"version 3: {published[2]}\n"
    assert {line.split()[0] for line in registry.asked} == {"HEAD"}


def test_a_number_is_not_given_twice(images, models, name, published):
    (models / "3" / "saved_model.pb").write_bytes(b"another graph")
    with pytest.raises(RolloutError, match=r"ecg-model:3 exists already with other files .* a number is used once"):
        images("--models", str(models), "pack", "3", "--to", name)


def test_versions_are_listed_from_the_registry(images, published, cluster, capsys):
    serve(cluster, 2, published)
    images("list", "--json")
    listed = [(each["version"], each["accuracy"], each["state"][:6]) for each in json.loads(capsys.readouterr().out)]
    assert listed == [(3, 0.9, ""), (2, 0.9, "served"), (1, 0.9, "")]


def test_a_promotion_changes_the_image_and_an_undo_brings_it_back(images, published, cluster):
    images("promote", "1")
    assert (cluster.version, cluster.image, cluster.settled) == ("1", published[0], True)
    assert cluster.mounted == {"model": "/models/ecg", "serving": "/models/ecg"}
    images("promote", "3")
    assert (cluster.version, cluster.image, cluster.settled) == ("3", published[2], True)
    images("undo")
    assert (cluster.version, cluster.image, cluster.settled) == ("1", published[0], True)


def test_an_image_that_no_node_can_pull_is_reported_and_undone(images, published, cluster, capsys):
    serve(cluster, 1, published)
    cluster.unpulled = {"2"}
    with pytest.raises(
        RolloutError, match=r"not after 30 s; version 2: pod \S+ cannot pull an image; .* version 1 is served"
    ):
        images("promote", "2")
    assert (cluster.version, cluster.image, cluster.settled) == ("1", published[0], True)
    cluster.set_by_hand(2)
    images("status")
    assert "cannot pull an image" in capsys.readouterr().out


def test_going_back_needs_no_registry(images, published, cluster, registry):
    serve(cluster, 1, published)
    images("canary", "2", "--weight", "20")
    assert cluster.image == published[1]
    registry.failures = [500] * 1000
    images("abort")
    assert (cluster.version, cluster.image, cluster.settled) == ("1", published[0], True)


def test_without_a_former_version_the_image_is_removed(images, published, cluster):
    cluster.broken["1"] = "cannot be loaded"
    with pytest.raises(RolloutError, match="cannot be loaded; nothing is served, as before"):
        images("promote", "1")
    assert (cluster.version, cluster.image, cluster.mounted) == ("", None, {})


def test_a_version_set_by_hand_is_dropped_for_the_image_of_the_served_one(images, published, cluster):
    images("promote", "1")
    cluster.broken["2"] = "not in the image"
    cluster.set_by_hand(2)
    images("undo")
    assert (cluster.version, cluster.image) == ("1", published[0])


def test_versions_move_from_a_volume_to_images(images, published, cluster):
    cluster.serve(2)  # with a volume: the chart's change has taken that away
    images("promote", "2", "--force")
    assert (cluster.version, cluster.image, cluster.settled) == ("2", published[1], True)


def test_versions_move_back_to_a_volume(images, models, published, cluster):
    serve(cluster, 2, published)
    del cluster.environment["model"]["ECG_MODEL_IMAGES"]
    images("--models", str(models), "promote", "3")
    assert (cluster.version, cluster.image, cluster.mounted) == ("3", None, {})


def test_a_version_that_is_not_in_the_registry_is_not_begun(images, published, cluster):
    serve(cluster, 1, published)
    with pytest.raises(RolloutError, match="version 9 is not in the registry; existing versions: 1, 2, 3"):
        images("promote", "9")
    assert cluster.patches == []


def test_a_training_gets_the_newest_version_and_those_in_use(images, published, cluster, models, tmp_path, capsys):
    serve(cluster, 1, published)
    into = tmp_path / "new" / "ecg"
    images("unpack", "--into", str(into), "--require-push")
    assert sorted(path.name for path in into.iterdir()) == ["1", "3"]
    for path in (models / "3").rglob("*"):
        assert path.is_dir() or (into / path.relative_to(models)).read_bytes() == path.read_bytes()
    images("unpack", "2", "--into", str(into))
    assert sorted(path.name for path in into.iterdir()) == ["1", "2", "3"]


def test_an_empty_registry_has_nothing_to_unpack(images, cluster, name, tmp_path, capsys):
    images("--images", name, "unpack", "--into", str(tmp_path / "none"))
    assert capsys.readouterr().out == ""


def test_a_training_without_push_permission_fails_before_it_starts(images, published, registry, tmp_path):
    registry.readers_only = True
    with pytest.raises(NotAllowed, match=r"blobs/uploads/: refused; `docker login` gives credentials"):
        images("unpack", "--into", str(tmp_path / "new"), "--require-push")
    images("unpack", "--into", str(tmp_path / "new"))


def test_nothing_is_pushed_where_the_training_wrote_no_version(images, models, name, registry, tmp_path, capsys):
    images("--models", str(models), "pack", "--version-file", str(tmp_path / "none"), "--to", name)
    assert capsys.readouterr().out == "nothing to do: no version was trained\n"
    assert registry.asked == []


def test_version_0_is_packed_too(images, models, name, registry, capsys):
    write_version(models, 0, v1=0.9)
    (models / "0" / "saved_model.pb").write_bytes(b"graph")
    images("--models", str(models), "pack", "0", "--to", name)
    assert capsys.readouterr().out.startswith("version 0: ")
    assert "0" in registry.tags["ecg-model"]


@pytest.mark.parametrize("token", ["", "a-token"])
def test_a_registry_is_asked_by_the_credentials_of_a_docker_client(images, models, name, registry, token, capsys):
    registry.password, registry.token = "somebody:secret", token
    with pytest.raises(NotAllowed):
        images("--models", str(models), "pack", "1", "--to", name)
    log_in(images, registry)
    images("--models", str(models), "pack", "1", "--to", name)
    assert registry.tags["ecg-model"].keys() == {"1"}


def test_a_registry_that_fails_for_a_while_is_retried(images, models, name, registry):
    registry.failures = [503, 500, 429]
    images("--models", str(models), "pack", "1", "--to", name)
    assert registry.tags["ecg-model"].keys() == {"1"}
    assert "ecg-model/manifests/1: 503" in images.said[0]


def test_a_missing_registry_is_an_error_with_its_name(images, models):
    with pytest.raises(RolloutError, match=r"the registry: not after 30 s; http://127.0.0.1:1/v2/ecg-model"):
        images("--models", str(models), "pack", "1", "--to", "127.0.0.1:1/ecg-model")


@pytest.mark.parametrize("wrong", ["ecg-model", "registry.example.org", "registry.example.org/ecg:1", "https://a.b/c"])
def test_a_name_without_a_repository_is_rejected(images, models, wrong):
    with pytest.raises(RolloutError, match="is not a repository; give it as REGISTRY/PATH"):
        images("--models", str(models), "pack", "1", "--to", wrong)


def test_content_with_another_digest_is_rejected(images, published, registry, tmp_path):
    for digest in registry.blobs:
        registry.blobs[digest] += b" "
    with pytest.raises(RolloutError, match="has another digest"):
        images("unpack", "1", "--into", str(tmp_path / "new"))


def test_images_from_other_tools_have_no_scores(images, published, registry, cluster, capsys):
    foreign = Blob("application/vnd.oci.image.manifest.v1+json", json.dumps({"layers": []}).encode())
    registry.manifests[foreign.digest] = (foreign.media_type, foreign.content)
    registry.tags["ecg-model"] |= {"4": foreign.digest, "latest": foreign.digest}
    images("list", "--json")
    assert json.loads(capsys.readouterr().out)[0]["accuracy"] is None
    with pytest.raises(RolloutError, match="version 4 has no recorded beats"):
        images("promote", "4", "--force")


def test_a_version_is_packed_from_the_pods(images, models, name, cluster, registry, capsys):
    cluster.serve(3)
    cluster.environment["model"]["ECG_MODEL_BASE_PATH"] = str(models)
    images("pack", "3", "--to", name)
    first = capsys.readouterr().out
    images("--models", str(models), "pack", "3", "--to", name)
    assert capsys.readouterr().out == first
    with pytest.raises(RolloutError, match="version 7 is not on the volume"):
        images("pack", "7", "--to", name)
