"""Loads, hands out and unloads model versions; knows neither TensorFlow, nor files, nor the wire."""

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
    """What a loader returns: something that can be closed."""

    def close(self) -> None:
        """Free what the servable holds; no request uses it any more."""


S = TypeVar("S", bound=Servable)

_LOOK_AGAIN_SECONDS: Final = 0.1  # whether the models that are waited for are still wanted


@dataclass(frozen=True, slots=True)
class Loading:
    """How versions are loaded: attempts, the pause between them, and how many at a time."""

    retries: int = 5
    retry_seconds: float = 60.0
    load_threads: int = 0  # 0: four per CPU, so that a broken model does not hold up the others
    unload_threads: int = 0


class Manager(Generic[S]):
    """The versions of every model. `load(model, number, path)` makes a servable or raises ServingError."""

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
        """Make `wanted` the versions of `model` to serve; the work itself happens in the background."""
        with self._changed:
            self._aspire(model, wanted)

    def keep(self, model: str) -> None:
        """Go on with what is AVAILABLE, and give up whatever else was wanted."""
        with self._changed:
            known = self._versions.get(model, {})
            self._aspire(model, {n: v.path for n, v in known.items() if v.state is State.AVAILABLE})

    def _aspire(self, model: str, wanted: Mapping[int, Path]) -> None:
        known = self._versions.setdefault(model, {})
        for number, path in wanted.items():
            version = known.get(number)
            # a failed version is tried again only after it was gone for a while
            if version is None or (version.state is State.END and not version.aspired):
                known[number] = Version(model, number, path)
            elif version.state is not State.UNLOADING:
                version.aspired = True
        for version in known.values():
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
        who = {"model": version.model, "version": version.number}
        for attempt in range(self._loading.retries + 1):
            log.info("loading", extra=fields(**who, path=version.path, attempt=attempt + 1))
            started = time.monotonic()
            try:
                servable = self._load_servable(version.model, version.number, version.path)
            except ServingError as failure:
                error = failure
            except Exception as failure:
                log.exception("loading failed unexpectedly", extra=fields(**who))
                error = ServingError(Code.UNKNOWN, str(failure))
            else:
                log.info("available", extra=fields(**who, seconds=round(time.monotonic() - started, 3)))
                return self._settle(version, State.AVAILABLE, servable=servable)
            log.warning("loading failed", extra=fields(**who, code=error.code.name, error=error.message))
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
        """Hold a version (None: the largest AVAILABLE one) for one request; raise NOT_FOUND if there is none."""
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
        known = self._versions.get(model, {})
        if number is None:
            number = max((n for n, version in known.items() if version.state is State.AVAILABLE), default=None)
            asked = f"Latest({model})"
        else:
            asked = f"Specific({model}, {number})"
        version = known.get(number) if number is not None else None
        if version is None or version.servable is None or version.state is not State.AVAILABLE:
            raise not_found(f"Servable not found for request: {asked}")
        return version, version.servable

    def is_available(self, model: str, number: int) -> bool:
        """Return whether requests for this version are answered now."""
        with self._changed:
            version = self._versions.get(model, {}).get(number)
            return version is not None and version.state is State.AVAILABLE

    def report(self, model: str) -> list[tuple[int, State, ServingError | None]]:
        """Return number, state and error of each version that `model` ever had, the largest first."""
        with self._changed:
            known = self._versions.get(model, {})
            return [(n, known[n].state, known[n].error) for n in sorted(known, reverse=True)]

    def wait_until_settled(self, models: Iterable[str], noun: str, wanted: Callable[[], bool] = lambda: True) -> None:
        """Block until each model has a version AVAILABLE, or raise UNKNOWN once one of them has none left to try.

        Returns early when the manager stops, and raises ABORTED when the models are not `wanted` any more. A model
        without any version is waited for.
        """
        with self._changed:
            names = list(models)
            while not (self._stopping or all(self._settled(name) for name in names)):
                if not wanted():
                    raise ServingError(
                        Code.ABORTED,
                        f"The {noun}s {', '.join(names)} are not waited for any more: "
                        "the caller has gone, or another configuration took the place of this one",
                    )
                self._changed.wait(_LOOK_AGAIN_SECONDS)
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
        """Start nothing more and give up waiting; returns at once, while running loads and unloads end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._loads.shutdown(wait=False, cancel_futures=True)
        self._unloads.shutdown(wait=False, cancel_futures=True)
