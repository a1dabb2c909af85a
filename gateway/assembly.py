"""Puts the parts of a worker together; imported after the fork, which gRPC does not survive."""

from functools import partial

from flask import Flask

from gateway.app import create_app
from gateway.deployment import Rollout, Rounds, read
from gateway.metrics import Metrics
from gateway.pool import Pool
from gateway.router import Router
from gateway.settings import Settings


def application(settings: Settings, metrics_folder: str) -> Flask:
    """Make the application; with a rollout to follow, also the thread that does, which has looked once."""
    metrics, pool = Metrics(metrics_folder), Pool(settings)
    rollout = Rollout(partial(read, settings.rollout_url), metrics) if settings.rollout_url else Rollout()
    if settings.rollout_url:
        rounds = Rounds(rollout.refresh, pool.look)
        rounds.once()
        rounds.start()
    return create_app(settings, Router(settings, pool, rollout, metrics), metrics)
