"""`python -m bench.parse_and_reply`: the gateway without a model server, with a constant answer for every beat."""

import os
from collections.abc import Sequence

from bench.contenders import CONSTANT
from gateway import server
from gateway.candidate.deployment import Rollout
from gateway.composition import compose
from gateway.deadline import Deadline
from gateway.exchange import Application
from gateway.inference.micro_batcher import Outcome, Request
from gateway.inference.predictor import Prediction
from gateway.inference.version_router import VersionRouter
from gateway.model import PLAIN, Answer, Question
from gateway.model_server.discovery import Discovery
from gateway.model_server.failover import Failover
from gateway.model_server.retry_budget import RetryBudget
from gateway.payload.beats import AnyBeats
from gateway.payload.binary import Float32Rows
from gateway.settings import Settings
from gateway.telemetry import access_log
from gateway.telemetry.logs import Lines
from gateway.telemetry.metrics import Metrics


class Constant(VersionRouter):
    """Answers immediately, and counts metrics like the gateway."""

    async def predict(
        self,
        beats: AnyBeats,
        deadline: Deadline,
        question: Question = PLAIN,
        version: int | None = None,
        client: str | None = None,
    ) -> Prediction:
        """Return the constant answer for each beat; float32 bytes count as one beat."""
        return self._constant(1 if isinstance(beats, Float32Rows) else beats.count)

    async def predict_each(self, requests: Sequence[Request]) -> list[Outcome]:
        """Return the constant answer for each request."""
        return [self._constant(request.beats.count) for request in requests]

    def _constant(self, count: int) -> Prediction:
        predicted_class, probability = CONSTANT
        answer = Answer(1, [predicted_class] * count, [probability] * count, [[0.5, 0.5]] * count)
        self._metrics.predicted(answer)
        return Prediction(answer)


class Server(server.Server):
    """The gateway's server with that router."""

    def application(self, metrics_folder: str) -> Application:
        """Return the application, composed with the constant router."""
        settings = self._settings
        metrics, discovery, rollout = Metrics(metrics_folder), Discovery(settings), Rollout()
        failover = Failover(discovery, settings, RetryBudget())
        router = Constant(settings, discovery, failover, rollout, metrics)
        write = Lines(settings.log_level, access_log.NAME).write
        return compose(settings, discovery, rollout, router, metrics, write)


if __name__ == "__main__":
    Server(Settings.from_env(os.environ)).run()
