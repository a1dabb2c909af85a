"""The model versions on a volume: read from a folder, or by a shell in a pod that mounts the volume."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from shlex import quote
from typing import Any, Protocol

from rollout.errors import NotAllowed, NotThere, RolloutError
from rollout.kubernetes.api import Cluster
from rollout.kubernetes.deployment import INIT, MAIN, State, as_version
from rollout.registry.packing import unpack
from rollout.versions.model_version import Version

# Prints a line for each version: its number and its description without line breaks (JSON texts have none).
DESCRIPTIONS = 'for v in */; do printf "%s " "${v%/}"; tr -d "\\n" <"$v/assets.extra/metrics.json"; echo; done'

Json = dict[str, Any]


class Versions(Protocol):
    """A store of versions; `where` is its place in messages."""

    where: str

    def versions(self) -> list[Version]:
        """Return all versions, oldest first."""

    def beats(self, version: int) -> list[Json]:
        """Return a version's recorded beats; raise NotThere if it has none."""

    def files(self, version: int) -> Mapping[str, bytes]:
        """Return all files of a version by path in its folder; raise NotThere if it does not exist."""


class Folder:
    """A model base path on this host."""

    where = "on the volume"

    def __init__(self, base: Path) -> None:
        self._base = base

    def versions(self) -> list[Version]:
        """Read every version's description."""
        try:
            numbers = [number for path in self._base.iterdir() if (number := as_version(path.name)) is not None]
        except OSError as error:
            raise NotThere(f"{self._base}: {error.strerror}; --models says where the versions are") from error
        return [_version(number, self._text(number, "metrics.json")) for number in sorted(numbers)]

    def beats(self, version: int) -> list[Json]:
        """Read the recorded beats."""
        return read_beats(version, self._text(version, "beats.json"), str(self._base))

    def files(self, version: int) -> dict[str, bytes]:
        """Read the folder of a version."""
        folder = self._base / str(version)
        if not folder.is_dir():
            raise NotThere(f"{folder} does not exist")
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    def _text(self, version: int, name: str) -> str:
        try:
            return (self._base / str(version) / "assets.extra" / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise RolloutError(f"{error.filename}: {error.strerror}") from error


class InPods:
    """A model base path in the serving pods."""

    where = "on the volume"

    def __init__(self, cluster: Cluster, state: Callable[[], State]) -> None:
        self._cluster = cluster
        self._state = state

    def versions(self) -> list[Version]:
        """Read every version's description, each as one line."""
        printed = self._run(DESCRIPTIONS)
        lines = [line.partition(" ") for line in printed.splitlines()]
        versions = [_version(number, text) for name, _, text in lines if (number := as_version(name)) is not None]
        return sorted(versions, key=lambda version: version.number)

    def beats(self, version: int) -> list[Json]:
        """Read the recorded beats."""
        return read_beats(version, self._run(f'cat "{version}/assets.extra/beats.json"'), "the pods")

    def files(self, version: int) -> dict[str, bytes]:
        """Read the folder of a version, in base64 because a command's output is text."""
        packed = base64.b64decode(self._run(f'[ -d "{version}" ] && tar -c "{version}" | base64'))
        if not packed:
            raise NotThere(f"the pods: version {version} is not on the volume")
        return unpack(packed)

    def _run(self, script: str) -> str:
        state = self._state()
        try:
            pods = self._cluster.pods(state.instance, "serving")
        except NotAllowed as error:
            raise NotAllowed(f"{error}; --models says where the versions are without asking a pod") from error
        running = [(container, pod["metadata"]["name"]) for pod in pods if (container := _running(pod))]
        if not running:
            raise RolloutError("no serving pod runs yet to read the volume in; try again, or give --models")
        # Prefer the main container: a starting pod's init container may end before the command runs.
        container, name = min(running, key=lambda each: each[0] != MAIN)
        whole = f"cd {quote(state.base)} && {{ {script}; }} 2>/dev/null; :"  # a missing file prints nothing
        return self._cluster.execute(name, container, whole)


def newest(versions: Iterable[Version]) -> Version:
    """Return the highest version. Raises NotThere without any."""
    highest = max(versions, key=lambda version: version.number, default=None)
    if highest is None:
        raise NotThere("there is no model version yet; train one first")
    return highest


def one(versions: list[Version], number: int, where: str) -> Version:
    """Return the version of that number; raise NotThere, which lists the others, if it does not exist."""
    for version in versions:
        if version.number == number:
            return version
    existing = ", ".join(str(version.number) for version in versions) or "none"
    raise NotThere(f"version {number} is not {where}; existing versions: {existing}")


def _running(pod: Json) -> str | None:
    if "deletionTimestamp" in pod["metadata"]:
        return None
    status = pod.get("status", {})
    containers = [*status.get("containerStatuses", []), *status.get("initContainerStatuses", [])]
    return next(
        (each["name"] for each in containers if each["name"] in (MAIN, INIT) and "running" in each["state"]), None
    )


def _version(number: int, text: str) -> Version:
    try:
        return Version.parse(number, json.loads(text or "{}"))
    except ValueError:
        return Version(number)


def read_beats(version: int, text: str, where: str) -> list[Json]:
    """Return the beats of beats.json. Raises NotThere if it is empty."""
    if not text:
        raise NotThere(f"{where}: version {version} has no recorded beats; it was not made by this project's training")
    try:
        beats: list[Json] = json.loads(text)
    except ValueError as error:
        raise RolloutError(f"{where}: the recorded beats of version {version} cannot be read: {error}") from error
    return beats
