"""The model versions in an image registry, each tagged with its number."""

import json
from pathlib import Path

from rollout.errors import NotThere, RolloutError
from rollout.kubernetes.deployment import as_version
from rollout.program import PROGRAM
from rollout.registry.packing import BEATS, DESCRIPTION, RECORDED, Files, pack, unpack
from rollout.registry.repository import Json, Repository
from rollout.versions.model_version import Version
from rollout.versions.volume import read_beats


class Images:
    """The versions in one repository."""

    where = "in the registry"

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def versions(self) -> list[Version]:
        """Read the description of all versions."""
        return [Version.parse(number, self._description(number)) for number in self.numbers()]

    def beats(self, version: int) -> list[Json]:
        """Read the recorded beats."""
        recorded = [layer for layer in self._layers(version) if RECORDED in layer.get("annotations", {})]
        files = self._files(recorded)
        return read_beats(version, files.get(BEATS, b"").decode(), self._repository.name)

    def files(self, version: int) -> Files:
        """Read all files of a version."""
        return self._files(self._layers(version))

    def reference(self, version: int) -> str:
        """Return the image of a version by its digest, for a pod template. Raises NotThere."""
        digest = self._repository.digest(str(version))
        if digest is None:
            raise NotThere(f"{self._repository.name} has no version {version}; `{PROGRAM} pack {version}` pushes it")
        return f"{self._repository.name}@{digest}"

    def push(self, version: int, files: Files) -> str:
        """Push a version if it does not exist yet, and return its reference.

        Raises:
            RolloutError: Another version has the same number.
        """
        image, tag = pack(version, files), str(version)
        existing = self._repository.digest(tag)
        if existing not in (None, image.index.digest):
            raise RolloutError(
                f"{self._repository.name}:{tag} exists already with other files ({existing}); a number is used once"
            )
        if existing is None:
            for blob in image.blobs:
                self._repository.push_blob(blob)
            for manifest in image.manifests:
                self._repository.push_manifest(manifest.digest, manifest)
            self._repository.push_manifest(tag, image.index)
        return f"{self._repository.name}@{image.index.digest}"

    def require_push(self) -> None:
        """Raise NotAllowed if versions may not be pushed."""
        self._repository.require_push()

    def numbers(self) -> list[int]:
        """Return the numbers of all versions, ascending."""
        return sorted(number for tag in self._repository.tags() if (number := as_version(tag)) is not None)

    def _description(self, version: int) -> object:
        try:
            return json.loads(self._repository.manifest(str(version)).get("annotations", {}).get(DESCRIPTION, "{}"))
        except ValueError:
            return {}  # the image was made by another tool

    def _layers(self, version: int) -> list[Json]:
        manifest = self._repository.manifest(str(version))
        if "manifests" in manifest:  # an index, whose manifests all have the same layers
            manifest = self._repository.manifest(manifest["manifests"][0]["digest"])
        layers: list[Json] = manifest.get("layers", [])
        return layers

    def _files(self, layers: list[Json]) -> dict[str, bytes]:
        return {
            name: content
            for layer in layers
            for name, content in unpack(self._repository.blob(layer["digest"])).items()
        }


def write(files: Files, folder: Path) -> None:
    """Write a version's files to a folder, which appears complete or not at all."""
    part = folder.with_name(f"staging-{folder.name}")
    for name, content in files.items():
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        (part / name).write_bytes(content)
    part.rename(folder)
