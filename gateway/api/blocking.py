"""The version router as a thread of Flask asks it: the event loop does the work, the thread waits."""

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

_NUMBER: Final = re.compile(r"[0-9]{1,18}")  # more digits are no int64
# After the deadline, by which the event loop gives an answer or an error; a thread that waited for ever would keep a
# worker from ending.
SPARE_SECONDS: Final = 2.0
T = TypeVar("T")


class BlockingRouter:
    """Asks for the request that the thread works on, within its deadline."""

    def __init__(self, router: VersionRouter, settings: Settings) -> None:
        self._router = router
        self._settings = settings

    def predict(self, beats: AnyBeats, question: Question = PLAIN, version: int | None = None) -> Prediction:
        """Predict; raises GatewayErrors as VersionRouter.predict does."""
        client = request.headers.get(self._settings.sticky_header)
        return _wait(self._router.predict(beats, _deadline(), question, version, client))

    def model(self, version: int | None = None) -> ServedModel:
        """Describe a version, or the newest that is served."""
        return _wait(self._router.model(_deadline(), version))

    def states(self) -> dict[int, VersionState]:
        """Give the state of each version, newest first."""
        return _wait(self._router.states(_deadline()))

    def available(self) -> list[int]:
        """Give the AVAILABLE versions, newest first; raise ModelNotReady if there is none."""
        states = self.states()
        available = [version for version, state in states.items() if state.name == "AVAILABLE"]
        if not available:
            known = ", ".join(f"version {version} is {state}" for version, state in states.items()) or "there is none"
            raise ModelNotReady(f"No version of '{self._settings.model_name}' is AVAILABLE: {known}")
        return available

    def version_of(self, label: str) -> int:
        """Give the version that has a label; raise LabelNotFound."""
        return _wait(self._router.version_of(label, _deadline()))


def asked_version(in_path: str | None = None, in_body: str | None = None) -> int | None:
    """Read the number of the version that the request asks for: by its path, its body or the header; None for none.

    Raises InvalidBeat for text that is not a version's number, or if two of them ask for different versions.
    """
    asked: int | None = None
    for field, where, text in (
        ("version", "The path", in_path),
        ("model_version", "'model_version'", in_body),
        (VERSION, f"The header {VERSION}", request.headers.get(VERSION)),
    ):
        if text is None:
            continue
        if not _NUMBER.fullmatch(text):
            raise InvalidBeat(f"{where} takes the number of a model version", field=field)
        if asked not in (None, int(text)):
            raise InvalidBeat(f"{where} asks for version {int(text)}, but the request for {asked}, too", field=field)
        asked = int(text)
    return asked


def check_query() -> None:
    """Raise InvalidBeat for a query parameter that the API's route does not take, or that is there twice."""
    route = request.environ[REQUEST].route
    if route.kind != "api":  # a page, whose scripts may read the query
        return
    for name, values in request.args.lists():
        if name not in route.query:
            raise InvalidBeat(f"?{short(name)}= is not a parameter of this path", field=short(name))
        if len(values) > 1:
            raise InvalidBeat(f"?{name}= is there {len(values)} times; send it once", field=name)


def _wait(work: Coroutine[Any, Any, T]) -> T:
    loop: asyncio.AbstractEventLoop = request.environ[LOOP]
    waiting = asyncio.run_coroutine_threadsafe(work, loop)
    try:
        return waiting.result(_deadline().remaining() + SPARE_SECONDS)
    except TimeoutError:  # the loop ends, or is very late
        waiting.cancel()
        raise ModelTooSlow("The model server did not answer in time", cause="the event loop does not answer") from None


def _deadline() -> Deadline:
    deadline: Deadline = request.environ[REQUEST].deadline
    return deadline
