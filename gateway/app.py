"""The WSGI application: made of settings, a router and metrics, all passed in."""

import logging
import re
import time
import uuid
from functools import partial
from typing import Final

from flask import Flask, Response, g, request

from gateway.metrics import OTHER, Metrics
from gateway.responses import install_error_responses
from gateway.router import Router
from gateway.routes import PROBES, VERSION_HEADER, routes
from gateway.settings import Settings

REQUEST_ID_HEADER: Final = "X-Request-ID"
_SANE_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
_log = logging.getLogger("gateway.requests")


def create_app(settings: Settings, router: Router, metrics: Metrics) -> Flask:
    """Make the application; it holds no state but its arguments."""
    app = Flask("gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.register_blueprint(routes(router, settings, metrics))
    app.before_request(_start)
    app.after_request(_log_request)
    app.after_request(partial(_count, metrics, frozenset(rule.rule for rule in app.url_map.iter_rules())))
    install_error_responses(app)
    return app


def _start() -> None:
    given = request.headers.get(REQUEST_ID_HEADER, "")
    g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
    g.started = time.perf_counter()


def _count(metrics: Metrics, paths: frozenset[str], response: Response) -> Response:
    path = request.path if request.path in paths else OTHER
    version = response.headers.get(VERSION_HEADER, "")
    metrics.answered(path, response.status_code, version, time.perf_counter() - g.started)
    if "failed" in g:
        metrics.failed(*g.failed)
    return response


def _log_request(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = g.request_id
    fields = {
        "method": request.method,
        "path": request.path[:200],
        "status": response.status_code,
        "milliseconds": round((time.perf_counter() - g.started) * 1000, 2),
        "model_version": response.headers.get(VERSION_HEADER),
        "request_id": g.request_id,
        **g.get("logged", {}),
    }
    # A probe that finds all well comes every few seconds and says nothing new.
    quiet = request.path in PROBES and response.status_code == 200
    _log.log(logging.DEBUG if quiet else logging.INFO, "request", extra={"fields": fields})
    return response
