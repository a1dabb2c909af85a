"""`python -m bench.parse_and_reply`: the gateway as it is, but nobody is asked: every beat gets the same answer."""

import os
from concurrent.futures import ThreadPoolExecutor

from bench.contenders import CONSTANT
from gateway import server
from gateway.beats import AnyBeats, Beats
from gateway.collector import Collector
from gateway.contract import PLAIN, Question
from gateway.front import PATH, Front
from gateway.guard import Guard
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.model import Answer
from gateway.predictor import Prediction
from gateway.router import Router
from gateway.settings import Settings
from gateway.together import Request


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
        from gateway.app import create_app
        from gateway.deployment import Rollout
        from gateway.pool import Pool

        settings, metrics = self._settings, Metrics(metrics_folder)
        router = Constant(settings, Pool(settings), Rollout(), metrics)
        app = create_app(settings, router, metrics)
        journal = Journal(metrics, (PATH,))
        return Guard(Front(app, router, AtOnce(router, settings), journal, settings), None, journal, settings)


if __name__ == "__main__":
    Server(Settings.from_env(os.environ)).run()
