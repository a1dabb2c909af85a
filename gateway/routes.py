"""The one table of routes. Fast path, Flask, authentication, metrics and the OpenAPI document all follow it."""

from dataclasses import dataclass
from typing import Final, Literal

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

PREDICT: Final = "/predict"
Method = Literal["GET", "POST"]
GET: Final[Method] = "GET"
POST: Final[Method] = "POST"
Api = Literal["gateway", "open_inference", "tensorflow_rest"]  # whose views answer
Kind = Literal["api", "page", "docs"]  # which headers keep browsers safe


@dataclass(frozen=True, slots=True)
class Operation:
    """What the OpenAPI document says of a route; schemas, errors and headers are names there."""

    tag: str
    summary: str
    description: str = ""
    answers: tuple[str, ...] = ()  # schemas; several are alternatives, the first that fits counts
    body: str = ""
    errors: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    media_type: str = "application/json"
    versioned: bool = False  # its answers have X-Model-Version


@dataclass(frozen=True, slots=True)
class Route:
    """A path as Flask writes it, and the view that answers."""

    path: str
    view: str
    method: Method = GET
    keyless: bool = False  # open to all
    probe: bool = False  # asked every few seconds, so that a good answer is not worth a line in the log
    asks_model: bool = False  # a probe that waits for the model server
    management: bool = False  # answered by the management listener only, where there is one
    fast_path: bool = False  # the usual request, without a query or a version, is answered on the event loop
    kind: Kind = "api"
    api: Api = "gateway"
    query: tuple[str, ...] = ()  # parameters that are taken
    operation: Operation | None = None

    @property
    def takes_body(self) -> bool:
        """Whether a request has a body that counts."""
        return self.method == POST

    @property
    def methods(self) -> tuple[str, ...]:
        """Every method that is answered."""
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
            "What its training read and measured, and what it takes and gives.",
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
            "Beats that came with the model",
            "Held back from its training, one of each class.",
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
        """Give the route of a path, None where there is none."""
        return self._exact.get(path) or self._matched(path)

    def _matched(self, path: str) -> Route | None:
        try:
            matched, _ = self._patterns.match(path)
        except HTTPException:
            return None
        return self._by_path[matched]

    @property
    def documented(self) -> list[str]:
        """Every path that the OpenAPI document has."""
        return [route.path for route in self.routes if route.operation]
