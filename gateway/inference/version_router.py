"""Version routing: the version that a request asks for, the candidate by its weight, otherwise the served version."""

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
CANDIDATES_SHARE: Final = 0.5  # of the remaining time, so that the served version can still answer; chosen by hand
_log = logging.getLogger("gateway.rollout")


class VersionRouter:
    """Chooses a version for each request and predicts with it; for one event loop."""

    def __init__(
        self,
        settings: Settings,
        discovery: Discovery,
        failover: Failover,
        rollout: Rollout,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        random_number: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._discovery = discovery
        self._failover = failover
        self._rollout = rollout
        self._metrics = metrics
        self._clock = clock
        self._random_number = random_number
        self._sample = Drift(metrics, random_number).sample_later
        self._any = self._predictor(discovery.any)
        self._by_version: dict[int, Predictor] = {}
        self._without_candidate: dict[tuple[int, bool], Predictor] = {}
        self.shadow = Shadow(self._predict_for_shadow, metrics, self._report_failure)

    async def predict(
        self,
        beats: AnyBeats,
        deadline: Deadline,
        question: Question = PLAIN,
        version: int | None = None,
        client: str | None = None,
    ) -> Prediction:
        """Predict with `version` if it is given; otherwise with the candidate, by its weight, or the served version.

        Args:
            beats: The beats of the request.
            deadline: The time limit for all attempts.
            question: The signature and the outputs that the answer needs.
            version: The version to use, or None.
            client: The client's name, which always gets the same version; or None.

        Raises:
            GatewayError: The prediction failed.
        """
        if version is None:
            candidate = self._rollout.candidate
            return await self._ask(candidate, self._takes(candidate, client), deadline, beats, question)
        prediction = await self._with_version(version, beats, deadline, question)
        self._count(prediction, question)
        return prediction

    async def predict_each(self, requests: Sequence[Request]) -> list[Outcome]:
        """Predict plain answers for many requests with few calls; return one outcome per request, in order.

        The earliest deadline of the requests in a call is the deadline of all of them.
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
        # in parallel, so that a hanging candidate does not delay the other requests
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
        """Read the description of `version`, or of the newest served version, from the model server."""
        predictor = self._served(self._rollout.candidate) if version is None else await self._predictor_of(version)
        return await predictor.model(deadline)

    async def version_of(self, label: str, deadline: Deadline) -> int:
        """Return the version that has a label; raise LabelNotFound."""
        return await self._any.version_of(label, deadline)

    async def states(self, deadline: Deadline) -> dict[int, VersionState]:
        """Read the state of each version from the model server, newest first."""
        return await self._served(self._rollout.candidate).states(deadline)

    def _takes(self, candidate: Candidate | None, client: str | None) -> bool:
        return (
            candidate is not None
            and candidate.version in self._discovery.available
            and candidate.takes(client, self._random_number())
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
            prediction = await self._with_candidate(candidate, beats, deadline, question)
        else:
            prediction = await self._with_shadow(candidate, beats, deadline, question)
        self._count(prediction, question)
        return prediction

    def _count(self, prediction: Prediction, question: Question) -> None:
        if question.predicts:
            asyncio.get_running_loop().call_soon(self._metrics.predicted, prediction.answer)  # after the answer is sent

    async def _with_version(self, version: int, beats: AnyBeats, deadline: Deadline, question: Question) -> Prediction:
        try:
            return await (await self._predictor_of(version)).predict(beats, deadline, question)
        except GatewayError as error:
            if version in self._discovery.available:  # a version that a caller made up must not become a label
                error.version = version
            raise

    async def _with_candidate(
        self, candidate: Candidate, beats: AnyBeats, deadline: Deadline, question: Question
    ) -> Prediction:
        """Predict with the candidate; if it fails, the caller gets the served version's answer, only later."""
        try:
            predictor, part = await self._predictor_of(candidate.version), deadline.part(CANDIDATES_SHARE)
            if all(endpoint.ejected for endpoint in self._discovery.having(candidate.version)):
                part = part.or_earlier(Deadline(SLOW_SECONDS))  # it may hang, and requests should not wait long for it
            return await predictor.predict(beats, part, question)
        except (Misfit, Unsupported) as error:
            # it is the candidate's failure only if the served version can answer
            prediction = await self._served(candidate).predict(beats, deadline, question)
            self._report_failure(candidate.version, error)
            return prediction
        except GatewayError as error:
            self._report_failure(candidate.version, error)
        return await self._served(candidate).predict(beats, deadline, question)

    async def _with_shadow(
        self, candidate: Candidate, beats: AnyBeats, deadline: Deadline, question: Question
    ) -> Prediction:
        prediction = await self._served(candidate).predict(beats, deadline, question)
        compared = question.predicts and prediction.answer.version != candidate.version
        if compared and self._random_number() * 100 < candidate.shadow:
            self.shadow.offer(candidate.version, beats, prediction.answer)
        return prediction

    def _report_failure(self, version: int, error: Exception) -> None:
        """Count and log a failure of the candidate, which no caller sees."""
        failure = error if isinstance(error, GatewayError) else GatewayError("", cause=type(error).__qualname__)
        # not "invalid_request", because the beats fit the served version
        kind = MISFIT if isinstance(error, Misfit) else failure.code
        self._metrics.failed(kind, version)
        fields = {"model_version": version, "error": kind, "cause": failure.cause}
        _log.warning("the candidate failed", extra={"fields": fields})

    async def _predict_for_shadow(self, version: int, beats: AnyBeats) -> Answer:
        deadline = Deadline(self._settings.deadline_seconds)
        return (await (await self._predictor_of(version)).predict(beats, deadline)).answer

    def _served(self, candidate: Candidate | None) -> Predictor:
        if candidate is None:
            return self._any
        key = candidate.version, candidate.refused
        predictor = self._without_candidate.get(key)
        if predictor is None:
            last_resort = None if candidate.refused else self._discovery.any
            predictor = self._predictor(partial(self._discovery.other_than, *key), last_resort=last_resort)
            self._without_candidate = {key: predictor}
        return predictor

    async def _predictor_of(self, version: int) -> Predictor:
        """Return the predictor of a version; probe again first if no endpoint is known to have it.

        Raises:
            VersionNotFound, ModelNotReady: No endpoint has the version.
        """
        if version not in self._discovery.available:
            await self._discovery.probe_again()
        self._discovery.having(version)  # raises for a missing version, so that it gets no predictor
        predictor = self._by_version.get(version)
        if predictor is None:
            predictor = self._predictor(partial(self._discovery.having, version), version)
            available = {each: self._by_version[each] for each in self._discovery.available if each in self._by_version}
            self._by_version = available | {version: predictor}
        return predictor

    def _predictor(self, choose: Choose, version: int | None = None, last_resort: Choose | None = None) -> Predictor:
        client = Client(self._failover, self._discovery, self._settings, choose, last_resort, self._observe)
        return Predictor(client, self._clock, version, self._sample)

    def _observe(self, version: int, seconds: float) -> None:
        candidate = self._rollout.candidate
        if candidate is not None and candidate.tried:
            self._metrics.called(version, seconds)
