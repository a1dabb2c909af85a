"""`python -m bench.parse_and_reply`: the gateway as it is, but nobody is asked: every beat gets the same answer."""

import os

from flask import Flask

from bench.contenders import CONSTANT
from gateway.app import create_app
from gateway.beats import Beats
from gateway.deployment import Rollout
from gateway.metrics import Metrics
from gateway.model import Answer
from gateway.pool import Pool
from gateway.predictor import Prediction
from gateway.router import Router
from gateway.server import Server
from gateway.settings import Settings


class Constant(Router):
    """Answers at once, and counts as the gateway does."""

    def predict(
        self, beats: Beats, labelled: bool = False, version: int | None = None, client: str | None = None
    ) -> Prediction:
        """Give the constant answer for each beat."""
        count = len(beats.beats)
        predicted_class, probability = CONSTANT
        answer = Answer(1, [predicted_class] * count, [probability] * count, [[0.5, 0.5]] * count)
        self._metrics.predicted(answer)
        return Prediction(answer)


class ConstantServer(Server):
    """The gateway's server with that router."""

    def load(self) -> Flask:
        """Make the application in the worker."""
        from gateway import logs

        logs.configure(self._settings.log_level)
        metrics = Metrics(self._metrics_folder)
        router = Constant(self._settings, Pool(self._settings), Rollout(), metrics)
        return create_app(self._settings, router, metrics)


if __name__ == "__main__":
    ConstantServer(Settings.from_env(os.environ)).run()
