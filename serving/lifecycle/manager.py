"""Loads, hands out and unloads model versions, independent of TensorFlow, files and transports."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from serving.errors import Code, ServingError, not_found
from serving.lifecycle.states import State, Version, next_to_move
from serving.logs import fields, log


class Servable(Protocol):
    """A loaded version, which can be closed."""

    def close(self) -> None:
        """Free its resources; no request uses it any more."""


S = TypeVar("S", bound=Servable)

_RECHECK_SECONDS: Final = 0.1  # between checks whether a wait for models is still wanted; chosen by hand


@dataclass(frozen=True, slots=True)
class Loading:
    """How versions are loaded: retries, the pause between them, and parallel loads and unloads."""

    retries: int = 5
    retry_seconds: float = 60.0
    load_threads: int = 0  # 0: four per CPU, so that a broken model does not delay the others
    unload_threads: int = 0


class Manager(Generic[S]):
    """Manages the versions of all models. `load(model, number, path)` returns a servable or raises ServingError."""

    def __init__(self, load: Callable[[str, int, Path], S], loading: Loading) -> None:
        self._load_servable = load
        self._loading = loading
        self._changed = threading.Condition(threading.Lock())
        self._versions: dict[str, dict[int, Version[S]]] = {}
        self._stopping = False
        many = 4 * (os.cpu_count() or 1)
        self._loads = ThreadPoolExecutor(loading.load_threads or many, "load")
        self._unloads = ThreadPoolExecutor(loading.unload_threads or many, "unload")

    def aspire(self, model: str, wanted: Mapping[int, Path]) -> None:
        """Set the versions of `model` to serve; they are loaded and unloaded in the background."""
        with self._changed:
            self._aspire(model, wanted)

    def keep(self, model: str) -> None:
        """Keep the AVAILABLE versions of `model`, and give up its other versions."""
        with self._changed:
            versions = self._versions.get(model, {})
            self._aspire(model, {n: v.path for n, v in versions.items() if v.state is State.AVAILABLE})

    def _aspire(self, model: str, wanted: Mapping[int, Path]) -> None:
        versions = self._versions.setdefault(model, {})
        for number, path in wanted.items():
            version = versions.get(number)
            # a failed version is loaded again only after it was unwanted in between
            if version is None or (version.state is State.END and not version.aspired):
                versions[number] = Version(model, number, path)
            elif version.state is not State.UNLOADING:
                version.aspired = True
        for version in versions.values():
            if version.number not in wanted:
                version.aspired = False
                if version.state is State.START:
                    version.state = State.END
        self._advance(model)
        self._changed.notify_all()

    def _advance(self, model: str) -> None:
        while not self._stopping and (version := next_to_move(self._versions[model].values())):
            if version.state is State.START:
                version.state = State.LOADING
                self._loads.submit(self._load, version)
            else:
                version.state = State.UNLOADING
                self._unloads.submit(self._unload, version)

    def _load(self, version: Version[S]) -> None:
        subject = {"model": version.model, "version": version.number}
        for attempt in range(self._loading.retries + 1):
            log.info("loading", extra=fields(**subject, path=version.path, attempt=attempt + 1))
            started = time.monotonic()
            try:
                servable = self._load_servable(version.model, version.number, version.path)
            except ServingError as failure:
                error = failure
            except Exception as failure:
                log.exception("loading failed unexpectedly", extra=fields(**subject))
                error = ServingError(Code.UNKNOWN, str(failure))
            else:
                log.info("available", extra=fields(**subject, seconds=round(time.monotonic() - started, 3)))
                return self._settle(version, State.AVAILABLE, servable=servable)
            log.warning("loading failed", extra=fields(**subject, code=error.code.name, error=error.message))
            if attempt == self._loading.retries or not self._pause_before_retry(version):
                break
        return self._settle(version, State.END, error=error)

    def _pause_before_retry(self, version: Version[S]) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: not version.aspired or self._stopping, self._loading.retry_seconds)
            return version.aspired and not self._stopping

    def _unload(self, version: Version[S]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: version.users == 0)
            servable, version.servable = version.servable, None
        if servable is not None:
            servable.close()
        log.info("unloaded", extra=fields(model=version.model, version=version.number))
        self._settle(version, State.END)

    def _settle(
        self, version: Version[S], state: State, *, servable: S | None = None, error: ServingError | None = None
    ) -> None:
        with self._changed:
            version.state, version.servable, version.error = state, servable, error
            self._advance(version.model)
            self._changed.notify_all()

    @contextmanager
    def use(self, model: str, number: int | None) -> Iterator[tuple[int, S]]:
        """Hold a version for one request, as (number, servable); with `number` None, the largest AVAILABLE one.

        Raises:
            ServingError: NOT_FOUND if the version is not AVAILABLE.
        """
        with self._changed:
            version, servable = self._available(model, number)
            version.users += 1
        try:
            yield version.number, servable
        finally:
            with self._changed:
                version.users -= 1
                if not version.users and version.state is State.UNLOADING:
                    self._changed.notify_all()

    def _available(self, model: str, number: int | None) -> tuple[Version[S], S]:
        versions = self._versions.get(model, {})
        if number is None:
            number = max((n for n, version in versions.items() if version.state is State.AVAILABLE), default=None)
            request = f"Latest({model})"
        else:
            request = f"Specific({model}, {number})"
        version = versions.get(number) if number is not None else None
        if version is None or version.servable is None or version.state is not State.AVAILABLE:
            raise not_found(f"Servable not found for request: {request}")
        return version, version.servable

    def is_available(self, model: str, number: int) -> bool:
        """Return whether a version is AVAILABLE."""
        with self._changed:
            version = self._versions.get(model, {}).get(number)
            return version is not None and version.state is State.AVAILABLE

    def report(self, model: str) -> list[tuple[int, State, ServingError | None]]:
        """Return number, state and error of each version that `model` ever had, largest number first."""
        with self._changed:
            versions = self._versions.get(model, {})
            return [(n, versions[n].state, versions[n].error) for n in sorted(versions, reverse=True)]

    def wait_until_settled(self, models: Iterable[str], noun: str, wanted: Callable[[], bool] = lambda: True) -> None:
        """Block until each model has an AVAILABLE version, or until the manager stops.

        It also waits for models without any version. `noun` names the models in errors.

        Raises:
            ServingError: UNKNOWN if all versions of a model failed; ABORTED if `wanted` returns False.
        """
        with self._changed:
            names = list(models)
            while not (self._stopping or all(self._settled(name) for name in names)):
                if not wanted():
                    raise ServingError(
                        Code.ABORTED,
                        f"The wait for the {noun}s {', '.join(names)} has ended: "
                        "the caller has gone, or another configuration has replaced this one",
                    )
                self._changed.wait(_RECHECK_SECONDS)
            failed = [version for name in names for version in self._failed(name)]
        if failed:
            causes = "".join(
                f"{{{{name: {version.model} version: {version.number}}} due to error: {version.error}}}, "
                for version in failed
            )
            raise ServingError(Code.UNKNOWN, f"{len(failed)} {noun}(s) did not become available: {{{causes}}}")

    def _settled(self, model: str) -> bool:
        states = [version.state for version in self._versions.get(model, {}).values() if version.aspired]
        return State.AVAILABLE in states or (bool(states) and all(state is State.END for state in states))

    def _failed(self, model: str) -> list[Version[S]]:
        aspired = [version for version in self._versions.get(model, {}).values() if version.aspired]
        if any(version.state is not State.END for version in aspired):
            return []
        return aspired

    def stop(self) -> None:
        """Start no more loads and unloads, and end all waits; return at once, while running ones continue."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._loads.shutdown(wait=False, cancel_futures=True)
        self._unloads.shutdown(wait=False, cancel_futures=True)
