"""Predicts in the shape of the served model: caches its description, and reads it again if a request does not fit."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.deadline import Deadline
from gateway.errors import ContractBroken, GatewayError, Misfit, NotFinite, Unsupported
from gateway.inference import overflow
from gateway.model import PLAIN, SERVING, Answer, Question, ServedModel, VersionState
from gateway.model_server.client import Client
from gateway.payload.beats import AnyBeats

# The largest age of a cached description in seconds: STALE usually, RECENT after a request that does not fit. It is
# limited, because somebody may replace the files of a version; and RECENT is not 0, so that wrong requests do not cause
# a call each. Both were chosen by hand.
STALE: Final = 60.0
RECENT: Final = 1.0


Sample = Callable[[ServedModel, bytes, Answer], None]  # gets each prediction, with the beats as packed float32


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer; if requested, the class labels of `probabilities`' columns and the class names by class label."""

    answer: Answer
    labels: tuple[int, ...] | None = None
    class_names: Mapping[int, str] | None = None


class Predictor:
    """Predicts with `version`, or with the version that the model server chooses; for one event loop."""

    def __init__(
        self,
        client: Client,
        clock: Callable[[], float] = time.monotonic,
        version: int | None = None,
        sample: Sample = lambda model, content, answer: None,
    ) -> None:
        self._client = client
        self._sample = sample
        self._pinned = version
        self._clock = clock
        self._models: dict[int, ServedModel] = {}
        self._newest: ServedModel | None = None
        self._read_at = clock()

    async def predict(self, beats: AnyBeats, deadline: Deadline, question: Question = PLAIN) -> Prediction:
        """Predict; if the request does not fit the cached description, read the description again and retry once.

        Raises:
            GatewayError: The prediction failed, or the request does not fit the served model.
        """
        try:
            model = await self._description(STALE, deadline)
            return await self._ask(beats, model, question, self._pinned, deadline)
        except (Misfit, Unsupported):
            max_age = RECENT
        except ContractBroken:
            max_age = 0.0
        model = await self._description(max_age, deadline)
        # not every endpoint may have this version yet, and another version may lack the signature
        version = self._pinned if question.signature == SERVING else model.version
        return await self._ask(beats, model, question, version, deadline)

    async def model(self, deadline: Deadline) -> ServedModel:
        """Read the description of the version, or of the newest served one, from the model server."""
        return await self._client.describe(deadline, self._pinned)

    async def version_of(self, label: str, deadline: Deadline) -> int:
        """Return the version that has a label; raise LabelNotFound."""
        return await self._client.version_of(label, deadline)

    async def states(self, deadline: Deadline) -> dict[int, VersionState]:
        """Read the state of each version from the model server, newest first."""
        return await self._client.states(deadline)

    async def _description(self, max_age: float, deadline: Deadline) -> ServedModel:
        """Return the description, at most `max_age` seconds old; an older one only if the model server fails."""
        model = self._newest
        if model is not None and self._clock() - self._read_at < max_age:
            return model
        self._read_at = self._clock()
        try:
            model = await self._client.describe(deadline, self._pinned)
        except GatewayError:
            if model is None:
                raise
        self._newest, self._models = model, {model.version: model}
        return model

    async def _ask(
        self, beats: AnyBeats, model: ServedModel, question: Question, version: int | None, deadline: Deadline
    ) -> Prediction:
        content = beats.fit(model)
        if question.signature not in model.signatures:
            raise Unsupported(model.version, question.signature)
        count = len(content) // (4 * model.width)
        answer = await self._call(beats, content, count, version, question, deadline)
        if not (question.named or beats.named):
            return Prediction(answer)
        answering = await self._version(answer.version, deadline)
        if beats.named and answering.feature_names != model.feature_names:
            # meanwhile a version with another order of features answers
            content = beats.fit(answering)
            answer = await self._call(beats, content, count, answering.version, question, deadline)
        labels = _labels(answering, len(answer.probabilities[0])) if question.labelled else None
        return Prediction(answer, labels, answering.class_names if question.named else None)

    async def _call(
        self, beats: AnyBeats, content: bytes, count: int, version: int | None, question: Question, deadline: Deadline
    ) -> Answer:
        try:
            answer = await self._client.predict(content, count, deadline, version, question)
        except NotFinite as error:
            overflow.check_answer(beats, content, count, error)
            raise
        overflow.check_explanations(beats, content, count, answer)
        answering = self._models.get(answer.version)
        if question.predicts and answering is not None:
            self._sample(answering, content, answer)
        return answer

    async def _version(self, version: int, deadline: Deadline) -> ServedModel:
        models = self._models  # another request may replace the attribute meanwhile
        if version not in models:
            models[version] = await self._client.describe(deadline, version)
        return models[version]


def _labels(model: ServedModel, columns: int) -> tuple[int, ...]:
    """Return the class labels of the columns; their positions if the model has no class labels."""
    labels = tuple(range(columns)) if model.class_labels is None else model.class_labels
    if len(labels) != columns:
        raise ContractBroken(f"Version {model.version} has {len(labels)} class labels for {columns} probabilities")
    return labels
