"""Packs a model version as an image that has only its files, for Kubernetes' image volumes. Pure.

The same files always give the same digest: names are sorted, times, owners and modes are fixed, and nothing is
compressed, because compressors differ. The metrics that the gate needs are an annotation of the index, so that reading
them takes one request. The model's files are one layer, the files that the training recorded another. The index lists
the same layers for each architecture, because a node only unpacks an image of its own architecture.
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
DESCRIPTION = "rollout.ecg/description"  # annotation of an index: the parts of metrics.json that the gate needs
RECORDED = "rollout.ecg/recorded"  # annotation of the layer with metrics.json and beats.json
ARCHITECTURES = ("amd64", "arm64")
FOR_THE_GATE = ("training", "metrics", "compared", "data")  # parts of metrics.json
METRICS, BEATS = "assets.extra/metrics.json", "assets.extra/beats.json"

Json = dict[str, Any]
Files = Mapping[str, bytes]  # the files of a version's folder, by path in the folder


@dataclass(frozen=True)
class Blob:
    """A blob of a registry: bytes with a media type."""

    media_type: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """The digest of the content, which is its name in a registry."""
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> Json:
        """The reference to it in a manifest."""
        return {"mediaType": self.media_type, "digest": self.digest, "size": len(self.content)}


@dataclass(frozen=True)
class Image:
    """A packed version. Push the blobs first, then the manifests by digest, then the index by tag."""

    blobs: tuple[Blob, ...]
    manifests: tuple[Blob, ...]
    index: Blob


def pack(number: int, files: Files) -> Image:
    """Make the image of a version. A volume of it contains the version's folder, like a model base path."""
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
    """Return the files of a layer by path in the version's folder."""
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
    # Without compression a layer's digest is also the digest of its content.
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
