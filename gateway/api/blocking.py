"""Lets a Flask thread call the version router: the event loop does the work, the thread waits for the result."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from flask import request

from gateway.deadline import Deadline
from gateway.errors import InvalidBeat, ModelNotReady, ModelTooSlow
from gateway.exchange import LOOP, REQUEST, VERSION
from gateway.inference.predictor import Prediction
from gateway.inference.version_router import VersionRouter
from gateway.model import PLAIN, Question, ServedModel, VersionState
from gateway.payload.beats import AnyBeats, short
from gateway.settings import Settings

_NUMBER: Final = re.compile(r"[0-9]{1,18}")  # 18 digits always fit into an int64
# Extra wait of a thread after the deadline (chosen by hand). The event loop answers by the deadline; without a limit, a
# thread that waits for a stopped loop would keep the worker from ending.
SPARE_SECONDS: Final = 2.0
T = TypeVar("T")


class BlockingRouter:
    """Calls the version router for the thread's current request, within the request's deadline."""

    def __init__(self, router: VersionRouter, settings: Settings) -> None:
        self._router = router
        self._settings = settings

    def predict(self, beats: AnyBeats, question: Question = PLAIN, version: int | None = None) -> Prediction:
        """Predict; see VersionRouter.predict.

        Raises:
            GatewayError: The prediction failed.
        """
        client = request.headers.get(self._settings.sticky_header)
        return _wait(self._router.predict(beats, _deadline(), question, version, client))

    def model(self, version: int | None = None) -> ServedModel:
        """Describe a version, or the newest served version."""
        return _wait(self._router.model(_deadline(), version))

    def states(self) -> dict[int, VersionState]:
        """Return the state of each version, newest first."""
        return _wait(self._router.states(_deadline()))

    def available(self) -> list[int]:
        """Return the AVAILABLE versions, newest first.

        Raises:
            ModelNotReady: No version is AVAILABLE.
        """
        states = self.states()
        available = [version for version, state in states.items() if state.name == "AVAILABLE"]
        if not available:
            states_text = (
                ", ".join(f"version {version} is {state}" for version, state in states.items()) or "it has none"
            )
            raise ModelNotReady(f"No version of '{self._settings.model_name}' is AVAILABLE: {states_text}")
        return available

    def version_of(self, label: str) -> int:
        """Return the version that has a label.

        Raises:
            LabelNotFound: No version has the label.
        """
        return _wait(self._router.version_of(label, _deadline()))


def asked_version(in_path: str | None = None, in_body: str | None = None) -> int | None:
    """Read the version number that the request's path, body or header asks for; None if none of them has one.

    Raises:
        InvalidBeat: A text is not a version number, or two of them ask for different versions.
    """
    version: int | None = None
    for field, where, text in (
        ("version", "The path", in_path),
        ("model_version", "'model_version'", in_body),
        (VERSION, f"The header {VERSION}", request.headers.get(VERSION)),
    ):
        if text is None:
            continue
        if not _NUMBER.fullmatch(text):
            raise InvalidBeat(f"{where} must have the number of a model version", field=field)
        if version not in (None, int(text)):
            raise InvalidBeat(f"{where} asks for version {int(text)}, but the request also for {version}", field=field)
        version = int(text)
    return version


def check_query() -> None:
    """Check the query parameters against the route.

    Raises:
        InvalidBeat: A parameter is unknown, or occurs more than once.
    """
    route = request.environ[REQUEST].route
    if route.kind != "api":  # the scripts of a page may read any query
        return
    for name, values in request.args.lists():
        if name not in route.query:
            raise InvalidBeat(f"?{short(name)}= is not a parameter of this path", field=short(name))
        if len(values) > 1:
            raise InvalidBeat(f"?{name}= occurs {len(values)} times; send it once", field=name)


def _wait(work: Coroutine[Any, Any, T]) -> T:
    loop: asyncio.AbstractEventLoop = request.environ[LOOP]
    waiting = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return waiting.result(_deadline().remaining() + SPARE_SECONDS)
    except TimeoutError:  # the loop has stopped, or is very late
        waiting.cancel()
        raise ModelTooSlow("The model server did not answer in time", cause="the event loop does not answer") from None


def _deadline() -> Deadline:
    deadline: Deadline = request.environ[REQUEST].deadline
    return deadline
