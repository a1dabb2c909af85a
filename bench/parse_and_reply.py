"""`python -m bench.parse_and_reply`: the gateway as it is, but nobody is asked: every beat gets the same answer."""

import os
from concurrent.futures import ThreadPoolExecutor

from bench.contenders import CONSTANT
from gateway import server
from gateway.http.fast_path import PATH, Front
from gateway.inference.batch import Request
from gateway.inference.micro_batcher import Collector
from gateway.inference.predictor import Prediction
from gateway.inference.version_router import Router
from gateway.model import Answer
from gateway.model_server.contract import PLAIN, Question
from gateway.payload.json_beats import AnyBeats, Beats
from gateway.security.authentication import Guard
from gateway.settings import Settings
from gateway.telemetry.access_log import Journal
from gateway.telemetry.metrics import Metrics


class Constant(Router):
    """Answers at once, and counts as the gateway does."""

    def predict(
        self, beats: AnyBeats, question: Question = PLAIN, version: int | None = None, client: str | None = None
    ) -> Prediction:
        """Give the constant answer for each beat."""
        count = len(beats.beats) if isinstance(beats, Beats) else 1
        predicted_class, probability = CONSTANT
        answer = Answer(1, [predicted_class] * count, [probability] * count, [[0.5, 0.5]] * count)
        self._metrics.predicted(answer)
        return Prediction(answer)


class AtOnce(Collector):
    """Asks that router on the event loop, as there is nothing to wait for."""

    def __init__(self, router: Constant, settings: Settings) -> None:
        super().__init__(router.predict_each, settings, ThreadPoolExecutor(1))
        self._router = router

    async def predict(self, request: Request) -> Prediction:
        """Give the constant answer."""
        return self._router.predict(request.beats)


class Server(server.Server):
    """The gateway's server around those."""

    def application(self, metrics_folder: str) -> Guard:
        """Put them together."""
        from gateway.api.app import create_app
        from gateway.candidate.deployment import Rollout
        from gateway.model_server.discovery import Pool

        settings, metrics = self._settings, Metrics(metrics_folder)
        router = Constant(settings, Pool(settings), Rollout(), metrics)
        app = create_app(settings, router, metrics)
        journal = Journal(metrics, (PATH,))
        return Guard(Front(app, router, AtOnce(router, settings), journal, settings), None, journal, settings)


if __name__ == "__main__":
    Server(Settings.from_env(os.environ)).run()
