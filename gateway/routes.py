"""The table of routes. Fast path, Flask, authentication, metrics and the OpenAPI document all use it."""

from dataclasses import dataclass
from typing import Final, Literal

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

PREDICT: Final = "/predict"
Method = Literal["GET", "POST"]
GET: Final[Method] = "GET"
POST: Final[Method] = "POST"
Api = Literal["gateway", "open_inference", "tensorflow_rest"]  # the API whose views answer
Kind = Literal["api", "page", "docs"]  # selects the security headers for browsers


@dataclass(frozen=True, slots=True)
class Operation:
    """A route's part of the OpenAPI document; `answers`, `body` and `headers` are names of components there."""

    tag: str
    summary: str
    description: str = ""
    answers: tuple[str, ...] = ()  # schemas; several are alternatives, and the first matching one counts
    body: str = ""
    errors: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    media_type: str = "application/json"
    versioned: bool = False  # answers have the header X-Model-Version


@dataclass(frozen=True, slots=True)
class Route:
    """A path in Flask's syntax, and the view that answers."""

    path: str
    view: str
    method: Method = GET
    keyless: bool = False  # needs no API key
    probe: bool = False  # called every few seconds, so successful answers are logged at debug only
    asks_model: bool = False  # a probe that waits for the model server
    management: bool = False  # only the management listener serves it, if there is one
    fast_path: bool = False  # requests without a query and without a version run on the event loop
    kind: Kind = "api"
    api: Api = "gateway"
    query: tuple[str, ...] = ()  # allowed query parameters
    operation: Operation | None = None

    @property
    def takes_body(self) -> bool:
        """Whether requests have a body that is read."""
        return self.method == POST

    @property
    def methods(self) -> tuple[str, ...]:
        """All supported methods."""
        return ("GET", "HEAD", "OPTIONS") if self.method == GET else ("OPTIONS", "POST")


_OF_THE_SERVER: Final = (502, 503, 504)
_OF_VERSIONS: Final = (400, 404, *_OF_THE_SERVER)
_OF_BEATS: Final = (400, 404, 408, 413, 415, 501, *_OF_THE_SERVER)

_V2, _V1 = "/v2/models/<name>", "/v1/models/<name>"
_OPEN_INFERENCE: Final = (
    Route("/v2", "server", api="open_inference"),
    Route("/v2/health/live", "live", keyless=True, probe=True, api="open_inference"),
    Route("/v2/health/ready", "ready", keyless=True, probe=True, asks_model=True, api="open_inference"),
    *(
        Route(model + path, view, method, api="open_inference")
        for model in (_V2, f"{_V2}/versions/<version>")
        for path, view, method in (("", "model", GET), ("/ready", "model_ready", GET), ("/infer", "infer", POST))
    ),
)
_TENSORFLOW_REST: Final = (
    *(
        Route(model + path, view, api="tensorflow_rest")
        for model in (_V1, f"{_V1}/versions/<version>", f"{_V1}/labels/<label>")
        for path, view in (("", "status"), ("/metadata", "metadata"))
    ),
    *(
        Route(f"{model}:predict", "predict", POST, api="tensorflow_rest")
        for model in (_V1, f"{_V1}/versions/<version>", f"{_V1}/labels/<label>")
    ),
)

ROUTES: Final = (
    Route(
        PREDICT,
        "predict",
        POST,
        fast_path=True,
        query=("details", "probabilities"),
        operation=Operation(
            "beats",
            "Classify one beat or a batch",
            "A batch is answered in order, by one version of the model.",
            ("Details", "Prediction", "DetailedPredictions", "Predictions"),
            "PredictRequest",
            _OF_BEATS,
            ("version", "client"),
            versioned=True,
        ),
    ),
    Route(
        "/explain",
        "explain",
        POST,
        operation=Operation(
            "beats",
            "Explain a prediction",
            "How much each value adds to the log-odds of the predicted class, by integrated gradients from the mean of "
            "the training beats.",
            ("Explanation", "Explanations"),
            "ExplainRequest",
            _OF_BEATS,
            ("version", "client"),
            versioned=True,
        ),
    ),
    Route(
        "/model",
        "model",
        operation=Operation(
            "model",
            "Describe the served model",
            "Its training data and metrics, its inputs and its outputs.",
            ("Model",),
            errors=_OF_VERSIONS,
            headers=("version",),
            versioned=True,
        ),
    ),
    Route(
        "/examples",
        "examples",
        operation=Operation(
            "model",
            "Example beats of the model",
            "They were not used for its training; one of each class.",
            ("Examples",),
            errors=_OF_VERSIONS,
            headers=("version",),
            versioned=True,
        ),
    ),
    Route(
        "/ready",
        "ready",
        keyless=True,
        probe=True,
        asks_model=True,
        operation=Operation("operation", "Which versions are AVAILABLE", answers=("Ready",), errors=_OF_THE_SERVER),
    ),
    Route(
        "/health",
        "health",
        keyless=True,
        probe=True,
        operation=Operation("operation", "Whether the gateway itself answers", answers=("Health",)),
    ),
    Route(
        "/metrics",
        "metrics",
        keyless=True,
        probe=True,
        management=True,
        operation=Operation(
            "operation", "Counts and times in Prometheus' text format", answers=("Text",), media_type="text/plain"
        ),
    ),
    Route(
        "/openapi.json",
        "openapi",
        keyless=True,
        operation=Operation("operation", "This document", answers=("Document",)),
    ),
    Route("/", "page", keyless=True, kind="page"),
    Route("/docs", "docs", keyless=True, kind="docs"),
    Route("/static/<path:name>", "static", keyless=True, kind="page"),
    *_OPEN_INFERENCE,
    *_TENSORFLOW_REST,
)


class RouteTable:
    """Finds the route of a path."""

    def __init__(self, routes: tuple[Route, ...] = ROUTES) -> None:
        self.routes = routes
        self._exact = {route.path: route for route in routes if "<" not in route.path}
        self._by_path = {route.path: route for route in routes}
        rules = [Rule(path, endpoint=path) for path in self._by_path if "<" in path]
        self._patterns = Map(rules, merge_slashes=False).bind("")

    def find(self, path: str) -> Route | None:
        """Return the route of a path, or None."""
        return self._exact.get(path) or self._matched(path)

    def _matched(self, path: str) -> Route | None:
        try:
            matched, _ = self._patterns.match(path)
        except HTTPException:
            return None
        return self._by_path[matched]

    @property
    def documented(self) -> list[str]:
        """All paths in the OpenAPI document."""
        return [route.path for route in self.routes if route.operation]
