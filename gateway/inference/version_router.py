"""Who answers a request: the version it asks for, the candidate by its weight, or what is served otherwise."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from gateway.candidate.annotation import Candidate
from gateway.candidate.deployment import Rollout
from gateway.errors import GatewayError, Misfit, Unsupported
from gateway.inference.batch import Outcome, Request, together
from gateway.inference.predictor import Prediction, Predictor
from gateway.inference.shadow import Shadow
from gateway.model import Answer, ServedModel, VersionState
from gateway.model_server.client import Caller, ModelServer
from gateway.model_server.contract import PLAIN, Question
from gateway.model_server.discovery import Pool
from gateway.model_server.failover import anyone, exactly, others
from gateway.payload.json_beats import AnyBeats
from gateway.settings import Settings
from gateway.telemetry.drift import Drift
from gateway.telemetry.metrics import Metrics

MISFIT: Final = "misfit"
_log = logging.getLogger("gateway.rollout")


class Router:
    """Predicts with the version whose turn it is; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        rollout: Rollout,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._rollout = rollout
        self._metrics = metrics
        self._clock = clock
        self._dice = dice
        self._look = Drift(metrics, dice).look
        self._anyone = self._predictor(anyone(pool))
        self._exactly: dict[int, Predictor] = {}
        self._others: dict[tuple[int, bool], Predictor] = {}
        self.shadow = Shadow(self._unseen, metrics, self._blame)

    def predict(
        self, beats: AnyBeats, question: Question = PLAIN, version: int | None = None, client: str | None = None
    ) -> Prediction:
        """Predict with `version` if it is given; else the candidate may get the request, by its weight."""
        if version is None:
            candidate = self._rollout.candidate
            return self._ask(candidate, self._takes(candidate, client), beats, question)
        prediction = self._by_version(version, beats, question)
        self._count(prediction, question)
        return prediction

    def predict_each(self, requests: Sequence[Request]) -> list[Outcome]:
        """Predict for many callers with few calls; none of them asks for a version or for labels."""
        candidate = self._rollout.candidate
        kinds: dict[tuple[bool, int], list[int]] = {}
        for number, request in enumerate(requests):
            kind = self._takes(candidate, request.client), len(request.beats.beats[0].values)
            kinds.setdefault(kind, []).append(number)
        outcomes: dict[int, Outcome] = {}
        for (takes, _), numbers in kinds.items():
            group = [requests[number] for number in numbers]
            outcomes |= zip(numbers, together(partial(self._ask, candidate, takes), group), strict=True)
        return [outcomes[number] for number in range(len(requests))]

    def model(self, version: int | None = None) -> ServedModel:
        """Describe `version`, or the newest that is served, asked of the model server now."""
        if version is None:
            return self._served(self._rollout.candidate).model()
        return self._of(version).model()

    def states(self) -> dict[int, VersionState]:
        """State of each version, newest first, asked of the model server now."""
        return self._served(self._rollout.candidate).states()

    def _takes(self, candidate: Candidate | None, client: str | None) -> bool:
        return (
            candidate is not None
            and bool(self._pool.view.of(candidate.version))
            and candidate.takes(client, self._dice())
        )

    def _ask(self, candidate: Candidate | None, takes: bool, beats: AnyBeats, question: Question = PLAIN) -> Prediction:
        if candidate is None:
            prediction = self._anyone.predict(beats, question)
        elif takes:
            prediction = self._by_candidate(candidate, beats, question)
        else:
            prediction = self._besides(candidate, beats, question)
        self._count(prediction, question)
        return prediction

    def _count(self, prediction: Prediction, question: Question) -> None:
        if question.predicts:
            self._metrics.predicted(prediction.answer)

    def _by_version(self, version: int, beats: AnyBeats, question: Question) -> Prediction:
        try:
            return self._of(version).predict(beats, question)
        except GatewayError as error:
            if version in self._pool.view.available:  # callers may name what they like; metrics must not
                error.version = version
            raise

    def _by_candidate(self, candidate: Candidate, beats: AnyBeats, question: Question) -> Prediction:
        """Have the candidate answer; whatever is wrong with it costs the caller nothing."""
        try:
            return self._of(candidate.version).predict(beats, question)
        except (Misfit, Unsupported) as error:
            # the candidate's fault only if what is served can answer
            prediction = self._served(candidate).predict(beats, question)
            self._blame(candidate.version, error)
            return prediction
        except GatewayError as error:
            self._blame(candidate.version, error)
        return self._served(candidate).predict(beats, question)

    def _besides(self, candidate: Candidate, beats: AnyBeats, question: Question) -> Prediction:
        prediction = self._served(candidate).predict(beats, question)
        compared = question.predicts and prediction.answer.version != candidate.version
        if compared and self._dice() * 100 < candidate.shadow:
            self.shadow.offer(candidate.version, beats, prediction.answer)
        return prediction

    def _blame(self, version: int, error: Exception) -> None:
        """Count and log what no caller is told."""
        known = error if isinstance(error, GatewayError) else GatewayError("", cause=type(error).__qualname__)
        # the beats fit what is served, so here it is not the request that is invalid
        kind = MISFIT if isinstance(error, Misfit) else known.code
        self._metrics.failed(kind, version)
        fields = {"model_version": version, "error": kind, "cause": known.cause}
        _log.warning("the candidate failed", extra={"fields": fields})

    def _unseen(self, version: int, beats: AnyBeats) -> Answer:
        return self._of(version).predict(beats).answer

    def _served(self, candidate: Candidate | None) -> Predictor:
        if candidate is None:
            return self._anyone
        kind = candidate.version, candidate.refused
        known = self._others.get(kind)
        if known is None:
            known = self._predictor(others(self._pool, *kind))
            self._others = {kind: known}
        return known

    def _of(self, version: int) -> Predictor:
        known = self._exactly.get(version)
        if known is None:
            self._pool.of(version)  # only what is there is kept
            known = self._predictor(exactly(self._pool, version), version)
            kept = {each: self._exactly[each] for each in self._pool.view.available if each in self._exactly}
            self._exactly = kept | {version: known}
        return known

    def _predictor(self, way: Caller, version: int | None = None) -> Predictor:
        return Predictor(ModelServer(way, self._settings, self._observe), self._clock, version, self._look)

    def _observe(self, version: int, seconds: float) -> None:
        candidate = self._rollout.candidate
        if candidate is not None and candidate.tried:
            self._metrics.called(version, seconds)
