"""A model version as an image of its files alone, for Kubernetes' image volumes. Pure.

The same files always give the same digest: names are sorted, times, owners and modes are fixed, and nothing is
compressed, as compressors differ. The figures that the gate needs are an annotation of the index, so that they cost one
request. The model's files are one layer, what its training recorded another. The index names the same layers for each
architecture, as a node unpacks only what is for its own.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
DESCRIPTION = "rollout.ecg/description"  # of an index: what metrics.json says, as far as the gate asks
RECORDED = "rollout.ecg/recorded"  # of a layer: it has metrics.json and beats.json
ARCHITECTURES = ("amd64", "arm64")
FOR_THE_GATE = ("training", "metrics", "compared", "data")  # parts of metrics.json
METRICS, BEATS = "assets.extra/metrics.json", "assets.extra/beats.json"

Json = dict[str, Any]
Files = Mapping[str, bytes]  # of a version's folder, by their paths in it


@dataclass(frozen=True)
class Blob:
    """Some bytes in a registry."""

    media_type: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """The name of the content."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> Json:
        """How a manifest refers to it."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True)
class Image:
    """A packed version: blobs are pushed first, then the manifests by their digests, then the index by its tag."""

    blobs: tuple[Blob, ...]
    manifests: tuple[Blob, ...]
    index: Blob


def pack(number: int, files: Files) -> Image:
    """Make the image of a version. A volume of it has the version's folder, as a model base path has."""
    recorded = {name: files[name] for name in (METRICS, BEATS) if name in files}
    layers = [_layer(number, {name: files[name] for name in files.keys() - recorded.keys()}), _layer(number, recorded)]
    described = [layers[0].descriptor, {**layers[1].descriptor, "annotations": {RECORDED: "true"}}]
    about = {"org.opencontainers.image.title": "model version", "org.opencontainers.image.version": str(number)}
    configs, manifests, named = [], [], []
    for architecture in ARCHITECTURES:
        config = _json(CONFIG, _config(architecture, layers))
        content = {"config": config.descriptor, "layers": described, "annotations": about}
        manifest = _json(MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, **content})
        configs.append(config)
        manifests.append(manifest)
        named.append({**manifest.descriptor, "platform": {"architecture": architecture, "os": "linux"}})
    annotations = {**about, DESCRIPTION: json.dumps(_for_the_gate(files.get(METRICS, b"")), sort_keys=True)}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": named, "annotations": annotations}
    return Image((*layers, *configs), tuple(manifests), _json(INDEX, index))


def unpack(layer: bytes) -> dict[str, bytes]:
    """Return the files of a layer by their paths in the version's folder."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content:
                files["/".join(PurePosixPath(member.name).parts[1:])] = content.read()
    return files


def _layer(number: int, files: Files) -> Blob:
    buffer = io.BytesIO()
    paths = [PurePosixPath(str(number), name) for name in files]
    folders = {parent for path in paths for parent in path.parents} - {PurePosixPath(".")}
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in sorted([*paths, *folders], key=str):
            entry = tarfile.TarInfo(str(path))
            if path in folders:
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            else:
                content = files["/".join(path.parts[1:])]
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    return Blob(LAYER, buffer.getvalue())


def _config(architecture: str, layers: list[Blob]) -> Json:
    # Of what is not compressed the digest is that of the content, too.
    layered = {"type": "layers", "diff_ids": [layer.digest for layer in layers]}
    return {"architecture": architecture, "os": "linux", "config": {}, "rootfs": layered}


def _for_the_gate(metrics: bytes) -> Json:
    try:
        whole = json.loads(metrics or b"{}")
    except ValueError:
        whole = {}
    return {name: whole[name] for name in FOR_THE_GATE if name in whole} if isinstance(whole, dict) else {}


def _json(media_type: str, content: Json) -> Blob:
    return Blob(media_type, json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
