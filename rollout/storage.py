"""Chooses the store of the versions for one run of the tool, and copies versions between stores."""

from collections.abc import Callable, Collection, Iterator
from functools import cached_property
from pathlib import Path

from rollout.errors import RolloutError
from rollout.kubernetes.api import Cluster
from rollout.kubernetes.deployment import State
from rollout.options import Options
from rollout.registry.repository import Repository, Until
from rollout.versions.images import Images, write
from rollout.versions.volume import Folder, InPods, Versions


class Storage:
    """Uses the options, otherwise the Deployment; connects to the cluster or a registry only when it is needed."""

    def __init__(
        self,
        options: Options,
        until: Until,
        docker_config: Path | None,
        state: Callable[[], State],
        cluster: Callable[[], Cluster],
    ) -> None:
        self._options = options
        self._until = until
        self._docker_config = docker_config
        self._state = state
        self._cluster = cluster

    @cached_property
    def versions(self) -> Versions:
        """The store that versions are read from."""
        if self._options.models:
            return Folder(self._options.models)
        name = self._options.images or self._state().repository
        return self._images(name) if name else InPods(self._cluster(), self._state)

    def image(self, repository: str, version: int) -> str:
        """Return the image of a version by its digest. Raises NotThere."""
        return self._images(repository).reference(version)

    def pack(self, version: int) -> str:
        """Push a version as an image and return its reference."""
        return self._images(self._options.to).push(version, self.versions.files(version))

    def unpack(self, numbers: Collection[int]) -> Iterator[tuple[int, Path]]:
        """Copy versions from the registry into a folder: those of `numbers` that exist, and the newest one.

        The newest is needed so that a training continues the numbering.
        """
        images, into = self._images(self._options.images or self._state().repository), self._options.into
        if self._options.require_push:
            images.require_push()
        in_registry = images.numbers()
        for number in sorted({*numbers} & {*in_registry} | {*in_registry[-1:]}):
            folder = into / str(number)
            if not folder.exists():
                write(images.files(number), folder)
            yield number, folder

    def _images(self, name: str) -> Images:
        if not name:
            raise RolloutError("the Deployment's versions are on a volume; --images names a repository of images")
        return Images(Repository(name, self._until, plain_http=self._options.plain_http, config=self._docker_config))
