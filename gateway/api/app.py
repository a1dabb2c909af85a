"""The Flask application: registers the views and the page's files at their paths in the table of routes."""

from flask import Flask

from gateway.api import pages
from gateway.api.blocking import BlockingRouter, check_query
from gateway.api.open_inference import OpenInference
from gateway.api.tensorflow_rest import TensorFlowRest
from gateway.api.views import Views
from gateway.inference.version_router import VersionRouter
from gateway.routes import Api, RouteTable
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics


def create_app(settings: Settings, routes: RouteTable, router: VersionRouter, metrics: Metrics) -> Flask:
    """Make the application; it has no state except its arguments, and its errors propagate to the request lifecycle."""
    app = Flask("gateway", static_folder=None)
    app.config["PROPAGATE_EXCEPTIONS"] = app.config["TRAP_HTTP_EXCEPTIONS"] = True
    app.json.sort_keys = False  # type: ignore[attr-defined]  # of Flask's default provider
    app.before_request(check_query)
    blocking = BlockingRouter(router, settings)
    views: dict[Api, object] = {
        "gateway": Views(blocking, routes, settings, metrics),
        "open_inference": OpenInference(blocking, settings),
        "tensorflow_rest": TensorFlowRest(blocking, settings),
    }
    for route in routes.routes:
        view = getattr(views[route.api], route.view, None) or getattr(pages, route.view)
        app.add_url_rule(route.path, route.path, view, methods=[route.method], provide_automatic_options=False)
    return app
