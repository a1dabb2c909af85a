"""`python -m bench.parse_and_reply`: the gateway as it is, but nobody is asked: every beat gets the same answer."""

import os
from functools import partial
from typing import Any

from flask import Flask

from bench.contenders import CONSTANT
from gateway.beats import Beats
from gateway.model import Answer
from gateway.router import Router
from gateway.server import Server
from gateway.settings import Settings


class Constant(Router):
    """Answers at once, and counts as the gateway does."""

    def predict(
        self, beats: Beats, labelled: bool = False, version: int | None = None, client: str | None = None
    ) -> Any:
        """Give the constant answer for each beat."""
        from gateway.predictor import Prediction

        count = len(beats.beats)
        predicted_class, probability = CONSTANT
        answer = Answer(1, [predicted_class] * count, [probability] * count, [[0.5, 0.5]] * count)
        self._metrics.predicted(answer)
        return Prediction(answer)


class ConstantServer(Server):
    """The gateway's server around that router."""

    def serve(self, spawn_target: Any = None, target_loader: Any = None, wrap_loader: bool = True) -> None:
        """Load the other application, with the arguments of the gateway's own."""
        super().serve(spawn_target, partial(load, *target_loader.args), wrap_loader)


def load(settings: Settings, metrics_folder: str) -> Flask:
    """Make the application in the worker."""
    from gateway import logs
    from gateway.app import create_app
    from gateway.deployment import Rollout
    from gateway.metrics import Metrics
    from gateway.pool import Pool

    logs.configure(settings.log_level)
    metrics = Metrics(metrics_folder)
    return create_app(settings, Constant(settings, Pool(settings), Rollout(), metrics), metrics)


if __name__ == "__main__":
    ConstantServer(Settings.from_env(os.environ)).run()
