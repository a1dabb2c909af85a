"""Puts the parts of a worker together; imported in the workers only."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from gateway.api.app import create_app
from gateway.candidate.deployment import Rollout, Rounds, read
from gateway.http.fast_path import Front
from gateway.inference.micro_batcher import CALLS, Collector
from gateway.inference.version_router import Router
from gateway.model_server.discovery import Pool
from gateway.security.api_keys import Keys
from gateway.security.authentication import Guard
from gateway.settings import Settings
from gateway.telemetry.access_log import Journal
from gateway.telemetry.metrics import Metrics


def application(settings: Settings, metrics_folder: str) -> Guard:
    """Make the application; with a rollout to follow, also the thread that does, which has looked once."""
    metrics, pool = Metrics(metrics_folder), Pool(settings)
    rollout = Rollout(partial(read, settings.rollout_url), metrics) if settings.rollout_url else Rollout()
    if settings.rollout_url:
        rounds = Rounds(rollout.refresh, pool.look)
        rounds.once()
        rounds.start()
    router = Router(settings, pool, rollout, metrics)
    collector = Collector(router.predict_each, settings, ThreadPoolExecutor(CALLS, "calls"))
    app = create_app(settings, router, metrics)
    journal = Journal(metrics, {rule.rule for rule in app.url_map.iter_rules()})
    keys = Keys(Path(settings.api_keys_file), settings.workers) if settings.api_keys_file else None
    return Guard(Front(app, router, collector, journal, settings), keys, journal, settings)
