"""The registry of configured models: applies configurations, polls base paths, resolves names, versions and labels."""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Generic, TypeVar

from tensorflow_serving.config.model_server_config_pb2 import ModelConfig, ModelServerConfig

from serving.errors import Code, ServingError, invalid
from serving.lifecycle.config import check
from serving.lifecycle.manager import Manager, Servable
from serving.lifecycle.versions import choose, versions_on_disk
from serving.logs import fields, log

S = TypeVar("S", bound=Servable)


class Registry(Generic[S]):
    """Holds the configuration. `early_labels` allows new labels for versions that are not AVAILABLE yet."""

    def __init__(self, manager: Manager[S], *, early_labels: bool) -> None:
        self._manager = manager
        self._early_labels = early_labels
        self._reloading = threading.Lock()
        self._waiting = threading.Lock()  # held by a reload until its models serve
        self._polling = threading.Lock()
        self._stored = ModelServerConfig()
        self._applied: dict[str, ModelConfig] = {}
        self._labels: Mapping[str, Mapping[str, int]] = {}
        self._names: set[str] = set()  # all model names, earlier configurations included
        self._complaints: dict[str, str] = {}

    def reload(
        self, config: ModelServerConfig, *, noun: str = "model", wanted: Callable[[], bool] = lambda: True
    ) -> None:
        """Replace the configuration, and wait until models with a new name serve.

        An invalid configuration changes nothing. A configuration with a label for a version that is not AVAILABLE is
        stored, but not applied.

        Raises:
            ServingError: The configuration is invalid, or all versions of a new model failed. ABORTED while another
                reload waits; also, after the configuration was replaced, if `wanted` returns False or another
                configuration has dropped the new models.
        """
        if not self._waiting.acquire(blocking=False):
            raise ServingError(
                Code.ABORTED, "Another reload waits for its models to become available; try again when it has ended"
            )
        try:
            new = self.replace(config)
            self._manager.wait_until_settled(sorted(new), noun, lambda: wanted() and self._applied.keys() >= new)
        finally:
            self._waiting.release()
        if any(model.HasField("logging_config") for model in config.model_config_list.config):
            raise invalid("No request-logger-creator provided.")

    def replace(self, config: ModelServerConfig) -> set[str]:
        """Replace the configuration like `reload`, but without waiting; return the names of the new models."""
        with self._reloading:
            check(config, self._stored)
            self._stored.CopyFrom(config)
            models = list(self._stored.model_config_list.config)
            self._labels = self._new_labels(models)
            new = {model.name for model in models} - self._applied.keys()
            self._apply({model.name: model for model in models})
            return new

    def _new_labels(self, models: list[ModelConfig]) -> Mapping[str, Mapping[str, int]]:
        for model in models:
            current = self._labels.get(model.name, {})
            for label, number in model.version_labels.items():
                early = self._early_labels and current.get(label, number) == number
                if not early and not self._manager.is_available(model.name, number):
                    raise ServingError(
                        Code.FAILED_PRECONDITION,
                        f"Request to assign label to version {number} of model {model.name}, "
                        "which is not currently available for inference",
                    )
        return {model.name: dict(model.version_labels) for model in models}

    def _apply(self, models: dict[str, ModelConfig]) -> None:
        with self._polling:
            for name in self._applied.keys() - models.keys():
                self._manager.aspire(name, {})
            self._applied = models
            self._names |= models.keys()
        self.poll()

    def poll(self) -> None:
        """Look for versions in every base path once. A model whose path has no wanted version keeps its versions."""
        with self._polling:
            for name, model in self._applied.items():
                try:
                    wanted = choose(model.model_version_policy, versions_on_disk(Path(model.base_path)))
                except OSError as error:
                    self._complain(name, f"Could not find base path {model.base_path} for servable {name}: {error}")
                    continue
                if not wanted:
                    self._complain(name, f"No versions of servable {name} to serve under base path {model.base_path}")
                    self._manager.keep(name)
                    continue
                self._complaints.pop(name, None)
                self._manager.aspire(name, wanted)

    def _complain(self, name: str, message: str) -> None:
        # only once, not at every poll
        if self._complaints.get(name) != message:
            self._complaints[name] = message
            log.warning(message, extra=fields(model=name))

    def was_configured(self, name: str) -> bool:
        """Return whether a model of this name is or was configured."""
        return name in self._names

    def use(self, name: str, version: int | None, label: str | None) -> AbstractContextManager[tuple[int, S]]:
        """Hold the version that a request names by number or label, or the latest one, for the block.

        Raises:
            ServingError: The label is unknown, or the version is not AVAILABLE.
        """
        if label is not None:
            version = self._version_of(name, label)
        return self._manager.use(name, version)

    def _version_of(self, name: str, label: str) -> int:
        number = self._labels.get(name, {}).get(label)
        if number is None:
            raise invalid(f"Unrecognized servable version label: {label}")
        return number
