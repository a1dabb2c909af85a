"""Version routing: the version that a request asks for, the candidate by its weight, or what is served otherwise."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Final

from gateway.candidate.annotation import Candidate
from gateway.candidate.deployment import Rollout
from gateway.deadline import Deadline
from gateway.errors import GatewayError, Misfit, Unsupported
from gateway.inference.micro_batcher import Outcome, Request, predict_batch
from gateway.inference.predictor import Prediction, Predictor
from gateway.inference.shadow import Shadow
from gateway.model import PLAIN, Answer, Question, ServedModel, VersionState
from gateway.model_server.client import Client
from gateway.model_server.discovery import Discovery
from gateway.model_server.failover import SLOW_SECONDS, Choose, Failover
from gateway.payload.beats import AnyBeats
from gateway.settings import Settings
from gateway.telemetry.drift import Drift
from gateway.telemetry.metrics import Metrics

MISFIT: Final = "misfit"
CANDIDATES_SHARE: Final = 0.5  # of the time that is left: the served version must still be able to answer
_log = logging.getLogger("gateway.rollout")


class VersionRouter:
    """Predicts with the version whose turn it is; for one event loop."""

    def __init__(
        self,
        settings: Settings,
        discovery: Discovery,
        failover: Failover,
        rollout: Rollout,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._discovery = discovery
        self._failover = failover
        self._rollout = rollout
        self._metrics = metrics
        self._clock = clock
        self._dice = dice
        self._look = Drift(metrics, dice).look_later
        self._any = self._predictor(discovery.any)
        self._exactly: dict[int, Predictor] = {}
        self._others: dict[tuple[int, bool], Predictor] = {}
        self.shadow = Shadow(self._unseen, metrics, self._blame)

    async def predict(
        self,
        beats: AnyBeats,
        deadline: Deadline,
        question: Question = PLAIN,
        version: int | None = None,
        client: str | None = None,
    ) -> Prediction:
        """Predict with `version` if it is given; else the candidate may get the request, by its weight."""
        if version is None:
            candidate = self._rollout.candidate
            return await self._ask(candidate, self._takes(candidate, client), deadline, beats, question)
        prediction = await self._by_version(version, beats, deadline, question)
        self._count(prediction, question)
        return prediction

    async def predict_each(self, requests: Sequence[Request]) -> list[Outcome]:
        """Predict for many callers with few calls; none of them asks for a version or for labels.

        The earliest of their deadlines holds for a call, so it holds for each of them.
        """
        candidate = self._rollout.candidate
        if len(requests) == 1:
            (request,) = requests
            takes = self._takes(candidate, request.client)
            return await predict_batch(partial(self._ask, candidate, takes, request.deadline), requests)
        kinds: dict[tuple[bool, int], list[int]] = {}
        for number, request in enumerate(requests):
            kind = self._takes(candidate, request.client), request.beats.width
            kinds.setdefault(kind, []).append(number)
        groups = [[requests[number] for number in numbers] for numbers in kinds.values()]
        # at the same time, so that a candidate that hangs takes no time from the others
        predicted = await asyncio.gather(
            *(self._predict_alike(candidate, takes, group) for (takes, _), group in zip(kinds, groups, strict=True))
        )
        outcomes: dict[int, Outcome] = {}
        for numbers, each in zip(kinds.values(), predicted, strict=True):
            outcomes |= zip(numbers, each, strict=True)
        return [outcomes[number] for number in range(len(requests))]

    async def _predict_alike(
        self, candidate: Candidate | None, takes: bool, requests: Sequence[Request]
    ) -> list[Outcome]:
        deadline = reduce(Deadline.or_earlier, (each.deadline for each in requests))
        return await predict_batch(partial(self._ask, candidate, takes, deadline), requests)

    async def model(self, deadline: Deadline, version: int | None = None) -> ServedModel:
        """Describe `version`, or the newest that is served, asked of the model server now."""
        predictor = self._served(self._rollout.candidate) if version is None else await self._of(version)
        return await predictor.model(deadline)

    async def version_of(self, label: str, deadline: Deadline) -> int:
        """Ask the model server which version has a label; raise LabelNotFound."""
        return await self._any.version_of(label, deadline)

    async def states(self, deadline: Deadline) -> dict[int, VersionState]:
        """State of each version, newest first, asked of the model server now."""
        return await self._served(self._rollout.candidate).states(deadline)

    def _takes(self, candidate: Candidate | None, client: str | None) -> bool:
        return (
            candidate is not None
            and candidate.version in self._discovery.available
            and candidate.takes(client, self._dice())
        )

    async def _ask(
        self,
        candidate: Candidate | None,
        takes: bool,
        deadline: Deadline,
        beats: AnyBeats,
        question: Question = PLAIN,
    ) -> Prediction:
        if candidate is None:
            prediction = await self._any.predict(beats, deadline, question)
        elif takes:
            prediction = await self._by_candidate(candidate, beats, deadline, question)
        else:
            prediction = await self._besides(candidate, beats, deadline, question)
        self._count(prediction, question)
        return prediction

    def _count(self, prediction: Prediction, question: Question) -> None:
        if question.predicts:
            asyncio.get_running_loop().call_soon(self._metrics.predicted, prediction.answer)  # the answer goes first

    async def _by_version(self, version: int, beats: AnyBeats, deadline: Deadline, question: Question) -> Prediction:
        try:
            return await (await self._of(version)).predict(beats, deadline, question)
        except GatewayError as error:
            if version in self._discovery.available:  # callers may name what they like; metrics must not
                error.version = version
            raise

    async def _by_candidate(
        self, candidate: Candidate, beats: AnyBeats, deadline: Deadline, question: Question
    ) -> Prediction:
        """Have the candidate answer; whatever is wrong with it costs the caller nothing but time."""
        try:
            predictor, part = await self._of(candidate.version), deadline.part(CANDIDATES_SHARE)
            if all(endpoint.ejected for endpoint in self._discovery.having(candidate.version)):
                part = part.or_earlier(Deadline(SLOW_SECONDS))  # it may hang: not every request is to wait for long
            return await predictor.predict(beats, part, question)
        except (Misfit, Unsupported) as error:
            # the candidate's fault only if what is served can answer
            prediction = await self._served(candidate).predict(beats, deadline, question)
            self._blame(candidate.version, error)
            return prediction
        except GatewayError as error:
            self._blame(candidate.version, error)
        return await self._served(candidate).predict(beats, deadline, question)

    async def _besides(
        self, candidate: Candidate, beats: AnyBeats, deadline: Deadline, question: Question
    ) -> Prediction:
        prediction = await self._served(candidate).predict(beats, deadline, question)
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

    async def _unseen(self, version: int, beats: AnyBeats) -> Answer:
        deadline = Deadline(self._settings.deadline_seconds)
        return (await (await self._of(version)).predict(beats, deadline)).answer

    def _served(self, candidate: Candidate | None) -> Predictor:
        if candidate is None:
            return self._any
        kind = candidate.version, candidate.refused
        known = self._others.get(kind)
        if known is None:
            last_resort = None if candidate.refused else self._discovery.any
            known = self._predictor(partial(self._discovery.other_than, *kind), last_resort=last_resort)
            self._others = {kind: known}
        return known

    async def _of(self, version: int) -> Predictor:
        """Give the predictor of a version; raise what discovery raises where no endpoint has it, after a new probe."""
        if version not in self._discovery.available:
            await self._discovery.probe_again()
        self._discovery.having(version)  # only what is there is kept
        known = self._exactly.get(version)
        if known is None:
            known = self._predictor(partial(self._discovery.having, version), version)
            kept = {each: self._exactly[each] for each in self._discovery.available if each in self._exactly}
            self._exactly = kept | {version: known}
        return known

    def _predictor(self, choose: Choose, version: int | None = None, last_resort: Choose | None = None) -> Predictor:
        client = Client(self._failover, self._discovery, self._settings, choose, last_resort, self._observe)
        return Predictor(client, self._clock, version, self._look)

    def _observe(self, version: int, seconds: float) -> None:
        candidate = self._rollout.candidate
        if candidate is not None and candidate.tried:
            self._metrics.called(version, seconds)
