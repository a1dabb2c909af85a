"""The Flask application: made of settings, a router and metrics, all passed in."""

import time
from functools import partial

from flask import Flask, Response, g, request

from gateway.api.pages import pages
from gateway.api.views import routes
from gateway.http.error_responses import VERSION_HEADER, install_error_responses
from gateway.inference.version_router import Router
from gateway.settings import Settings
from gateway.telemetry.access_log import REQUEST_ID_HEADER, Journal, request_id
from gateway.telemetry.metrics import Metrics


def create_app(settings: Settings, router: Router, metrics: Metrics) -> Flask:
    """Make the application; it holds no state but its arguments."""
    app = Flask("gateway", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.register_blueprint(routes(router, settings, metrics))
    app.register_blueprint(pages())
    app.before_request(_start)
    app.after_request(partial(_finish, Journal(metrics, {rule.rule for rule in app.url_map.iter_rules()})))
    install_error_responses(app)
    return app


def _start() -> None:
    g.request_id = request_id(request.headers.get(REQUEST_ID_HEADER))
    g.started = time.perf_counter()


def _finish(journal: Journal, response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = g.request_id
    seconds, version = time.perf_counter() - g.started, response.headers.get(VERSION_HEADER)
    told = g.get("logged", {})
    journal.answered(request.method, request.path, response.status_code, seconds, g.request_id, version, told)
    if "failed" in g:
        journal.failed(*g.failed)
    return response
