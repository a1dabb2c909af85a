"""The gateway's view of the model: knows what is served, follows it when it changes, and asks it for predictions."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.errors import ContractBroken, GatewayError, Misfit, Unsupported
from gateway.model import Answer, ServedModel, VersionState
from gateway.model_server.client import ModelServer
from gateway.model_server.contract import PLAIN, SERVING, Question
from gateway.payload.json_beats import AnyBeats

# Seconds. What is known is read again when it is older than the first; after a mismatch, than the second. The volume
# behind a version number may be replaced, so nothing is believed for ever; a caller's mistakes may not cause a flood.
STALE: Final = 60.0
RECENT: Final = 1.0


Look = Callable[[ServedModel, bytes, Answer], None]  # sees each call that predicts: the beats as packed float32


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer and, if they were asked for, the class labels of its columns."""

    answer: Answer
    labels: tuple[int, ...] | None = None


class Predictor:
    """Predicts with whatever version the model server holds, or always with one; safe to share between threads."""

    def __init__(
        self,
        server: ModelServer,
        clock: Callable[[], float] = time.monotonic,
        version: int | None = None,
        look: Look = lambda model, content, answer: None,
    ) -> None:
        self._server = server
        self._look = look
        self._pinned = version
        self._clock = clock
        self._models: dict[int, ServedModel] = {}
        self._newest: ServedModel | None = None
        self._read_at = clock()

    def predict(self, beats: AnyBeats, question: Question = PLAIN) -> Prediction:
        """Predict; when the request does not fit what is known of the model, look once more before giving up."""
        try:
            return self._ask(beats, self._known(STALE), question, self._pinned)
        except (Misfit, Unsupported):
            max_age = RECENT
        except ContractBroken:
            max_age = 0.0
        known = self._known(max_age)
        # the version that was just looked at may not be everywhere, and another may lack the signature
        version = self._pinned if question.signature == SERVING else known.version
        return self._ask(beats, known, question, version)

    def model(self) -> ServedModel:
        """Describe the version, or the newest that is served, asked of the model server now."""
        return self._server.describe(self._pinned)

    def states(self) -> dict[int, VersionState]:
        """State of each version, newest first, asked of the model server now."""
        return self._server.states()

    def _known(self, max_age: float) -> ServedModel:
        """The model as it was at most `max_age` seconds ago; older only if the model server cannot tell."""
        known = self._newest
        if known is not None and self._clock() - self._read_at < max_age:
            return known
        self._read_at = self._clock()
        try:
            known = self._server.describe(self._pinned)
        except GatewayError:
            if known is None:
                raise
        self._newest, self._models = known, {known.version: known}
        return known

    def _ask(self, beats: AnyBeats, model: ServedModel, question: Question, version: int | None) -> Prediction:
        content = beats.fit(model)
        if question.signature not in model.signatures:
            raise Unsupported(model.version, question.signature)
        count = len(content) // (4 * model.width)
        answer = self._call(content, count, version, question)
        if not (question.labelled or beats.named):
            return Prediction(answer)
        answering = self._version(answer.version)
        if beats.named and answering.feature_names != model.feature_names:
            # a version with its features in another order took over in between
            answer = self._call(beats.fit(answering), count, answering.version, question)
        return Prediction(answer, _labels(answering, len(answer.probabilities[0])) if question.labelled else None)

    def _call(self, content: bytes, count: int, version: int | None, question: Question) -> Answer:
        answer = self._server.predict(content, count, version, question)
        answering = self._models.get(answer.version)
        if question.predicts and answering is not None:
            self._look(answering, content, answer)
        return answer

    def _version(self, version: int) -> ServedModel:
        models = self._models  # another thread may put a new one in its place
        if version not in models:
            models[version] = self._server.describe(version)
        return models[version]


def _labels(model: ServedModel, columns: int) -> tuple[int, ...]:
    """Class labels of the columns; their positions if the model does not tell."""
    labels = tuple(range(columns)) if model.class_labels is None else model.class_labels
    if len(labels) != columns:
        raise ContractBroken(f"Version {model.version} has {len(labels)} class labels for {columns} probabilities")
    return labels
