"""Predictions that follow the served model: what is known of it is read again when requests do not fit it any more."""

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

# Seconds. What is known is read again when it is older than the first; after a mismatch, than the second. The volume
# behind a version number may be replaced, so nothing is believed for ever; a caller's mistakes may not cause a flood.
STALE: Final = 60.0
RECENT: Final = 1.0


Look = Callable[[ServedModel, bytes, Answer], None]  # sees each call that predicts: the beats as packed float32


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer and, if they were asked for, the class labels of its columns, and class names by class label."""

    answer: Answer
    labels: tuple[int, ...] | None = None
    class_names: Mapping[int, str] | None = None


class Predictor:
    """Predicts with the version that the model server chooses, or always with one; for one event loop."""

    def __init__(
        self,
        client: Client,
        clock: Callable[[], float] = time.monotonic,
        version: int | None = None,
        look: Look = lambda model, content, answer: None,
    ) -> None:
        self._client = client
        self._look = look
        self._pinned = version
        self._clock = clock
        self._models: dict[int, ServedModel] = {}
        self._newest: ServedModel | None = None
        self._read_at = clock()

    async def predict(self, beats: AnyBeats, deadline: Deadline, question: Question = PLAIN) -> Prediction:
        """Predict; when the request does not fit what is known of the model, look once more before giving up."""
        try:
            known = await self._known(STALE, deadline)
            return await self._ask(beats, known, question, self._pinned, deadline)
        except (Misfit, Unsupported):
            max_age = RECENT
        except ContractBroken:
            max_age = 0.0
        known = await self._known(max_age, deadline)
        # the version that was just looked at may not be everywhere, and another may lack the signature
        version = self._pinned if question.signature == SERVING else known.version
        return await self._ask(beats, known, question, version, deadline)

    async def model(self, deadline: Deadline) -> ServedModel:
        """Describe the version, or the newest that is served, asked of the model server now."""
        return await self._client.describe(deadline, self._pinned)

    async def version_of(self, label: str, deadline: Deadline) -> int:
        """Ask the model server which version has a label; raise LabelNotFound."""
        return await self._client.version_of(label, deadline)

    async def states(self, deadline: Deadline) -> dict[int, VersionState]:
        """State of each version, newest first, asked of the model server now."""
        return await self._client.states(deadline)

    async def _known(self, max_age: float, deadline: Deadline) -> ServedModel:
        """The model as it was at most `max_age` seconds ago; older only if the model server cannot tell."""
        known = self._newest
        if known is not None and self._clock() - self._read_at < max_age:
            return known
        self._read_at = self._clock()
        try:
            known = await self._client.describe(deadline, self._pinned)
        except GatewayError:
            if known is None:
                raise
        self._newest, self._models = known, {known.version: known}
        return known

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
            # a version with its features in another order took over in between
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
            overflow.blame(beats, content, count, error)
            raise
        overflow.check_explanations(beats, content, count, answer)
        answering = self._models.get(answer.version)
        if question.predicts and answering is not None:
            self._look(answering, content, answer)
        return answer

    async def _version(self, version: int, deadline: Deadline) -> ServedModel:
        models = self._models  # another request may put a new one in its place meanwhile
        if version not in models:
            models[version] = await self._client.describe(deadline, version)
        return models[version]


def _labels(model: ServedModel, columns: int) -> tuple[int, ...]:
    """Class labels of the columns; their positions if the model does not tell."""
    labels = tuple(range(columns)) if model.class_labels is None else model.class_labels
    if len(labels) != columns:
        raise ContractBroken(f"Version {model.version} has {len(labels)} class labels for {columns} probabilities")
    return labels
