"""Puts the parts of a worker together; imported in the workers only."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from gateway.app import create_app
from gateway.collector import CALLS, Collector
from gateway.deployment import Rollout, Rounds, read
from gateway.front import PATH, Front
from gateway.journal import Journal
from gateway.metrics import Metrics
from gateway.pool import Pool
from gateway.router import Router
from gateway.settings import Settings


def application(settings: Settings, metrics_folder: str) -> Front:
    """Make the application; with a rollout to follow, also the thread that does, which has looked once."""
    metrics, pool = Metrics(metrics_folder), Pool(settings)
    rollout = Rollout(partial(read, settings.rollout_url), metrics) if settings.rollout_url else Rollout()
    if settings.rollout_url:
        rounds = Rounds(rollout.refresh, pool.look)
        rounds.once()
        rounds.start()
    router = Router(settings, pool, rollout, metrics)
    collector = Collector(router.predict_each, settings, ThreadPoolExecutor(CALLS, "calls"))
    return Front(create_app(settings, router, metrics), router, collector, Journal(metrics, (PATH,)), settings)
