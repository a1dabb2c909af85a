"""The document of OpenAPI 3.1: paths, answers and errors, made for the served model and its own beats as examples."""

from functools import partial
from typing import Final

from gateway.api.schemas import BOOLEAN, INTEGER, TEXT, Schema, ref, schemas
from gateway.http.error_responses import VERSION_HEADER
from gateway.model import ServedModel
from gateway.settings import Settings
from gateway.telemetry.access_log import REQUEST_ID_HEADER

ERRORS: Final = {
    400: "The request is not what the served model takes; the message says where.",
    401: "The API key is missing or not known.",
    404: "No model server has the version that was asked for.",
    408: "The body did not come in time.",
    413: "The body is too large, or the batch too long.",
    415: "The body is neither JSON nor float32.",
    429: "The API key is used more often than it may.",
    500: "A fault of the gateway; its log has it under the request id.",
    501: "The served model lacks the signature that this needs.",
    502: "The model server broke, or its model is not the kind that the gateway can read.",
    503: "Nothing can answer at the moment; trying again may help.",
    504: "No answer before the deadline.",
}
OF_KEYS: Final = (401, 429)
OF_THE_SERVER: Final = (502, 503, 504)
OF_VERSIONS: Final = (400, 404, *OF_THE_SERVER)
OF_BEATS: Final = (400, 404, 408, 413, 415, 501, *OF_THE_SERVER)
SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
GUARDED: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"key": []}]
NAMES: Final = {"request": REQUEST_ID_HEADER, "version": VERSION_HEADER, "again": "Retry-After"}
PREDICT: Final = "Classify one beat or a batch. A batch is answered in order, by one version of the model."
EXPLAIN: Final = (
    "Tell what decided. How much each value adds to the log-odds of the predicted class, by integrated gradients "
    "from the mean of the training beats."
)
MODEL: Final = "Describe the served model. What its training read and measured, and what it takes and gives."
EXAMPLES: Final = "Beats that came with the model. Held back from its training, one of each class."
PACKED: Final[Schema] = {
    "application/octet-stream": {"schema": {"description": "Little-endian float32 values, beat after beat: a batch."}}
}
TAGS: Final = {"beats": ("predict", "explain"), "model": ("model", "examples")}
OPERATION: Final = "operation"
PROMETHEUS: Final[Schema] = {"text/plain": {"schema": TEXT}}
DOCUMENT: Final[Schema] = {"application/json": {"schema": {"type": "object"}}}


def document(settings: Settings, served: ServedModel | None = None) -> Schema:
    """Make the document; without a model, lengths, names and class labels are left open."""
    keyed = bool(settings.api_keys_file)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Classes of ECG beats by the model '{settings.model_name}'",
            "version": "none" if served is None else str(served.version),
            "description": "The version is that of the served model; it gives the lengths and the class labels.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _guarded(served, keyed) | _open(),
        "components": {
            "schemas": schemas(settings, served),
            "parameters": _parameters(settings),
            "headers": _headers(),
            "responses": {str(status): _error(status) for status in ERRORS if keyed or status not in OF_KEYS},
            **({"securitySchemes": SCHEMES} if keyed else {}),
        },
    }


def _guarded(served: ServedModel | None, keyed: bool) -> Schema:
    shown = None if keyed else served  # this document needs no key, and /examples does
    asked, answered = _examples(shown, ("features",)), _examples(shown, ("predicted_class", "probability"))
    operation = partial(_operation, keyed=keyed, versioned=True)
    return {
        "/predict": {
            "post": operation(
                "predict",
                PREDICT,
                _json("Prediction", "Details", "Predictions", "DetailedPredictions", examples=answered),
                OF_BEATS,
                parameters=("details", "probabilities", "version", "client"),
                body=_json("PredictRequest", examples=asked) | PACKED,
            )
        },
        "/explain": {
            "post": operation(
                "explain",
                EXPLAIN,
                _json("Explanation", "Explanations"),
                OF_BEATS,
                parameters=("version", "client"),
                body=_json("ExplainRequest", examples=asked) | PACKED,
            )
        },
        "/model": {"get": operation("model", MODEL, _json("Model"), OF_VERSIONS, parameters=("version",))},
        "/examples": {"get": operation("examples", EXAMPLES, _json("Examples"), OF_VERSIONS, parameters=("version",))},
    }


def _open() -> Schema:
    return {
        "/ready": {"get": _operation("ready", "Which versions are AVAILABLE.", _json("Ready"), OF_THE_SERVER)},
        "/health": {"get": _operation("health", "Whether the gateway itself answers.", _json("Health"))},
        "/metrics": {"get": _operation("metrics", "Counts and times in Prometheus' text format.", PROMETHEUS)},
        "/openapi.json": {"get": _operation("openapi", "This document.", DOCUMENT)},
    }


def _operation(
    name: str,
    description: str,
    content: Schema,
    errors: tuple[int, ...] = (),
    *,
    parameters: tuple[str, ...] = (),
    body: Schema | None = None,
    keyed: bool = False,
    versioned: bool = False,
) -> Schema:
    headers = ("request", "version") if versioned else ("request",)
    answer = {"description": "The answer.", "headers": _headers_by(*headers), "content": content}
    statuses = (*errors, *(OF_KEYS if keyed else ()), 500)
    summary, _, more = description.partition(". ")
    return {
        "operationId": name,
        "tags": [next((tag for tag, names in TAGS.items() if name in names), OPERATION)],
        "summary": summary.removesuffix("."),
        **({"description": more} if more else {}),
        **({"security": GUARDED} if keyed else {}),
        **({"parameters": [ref(each, "parameters") for each in parameters]} if parameters else {}),
        **({"requestBody": {"required": True, "content": body}} if body else {}),
        "responses": {"200": answer} | {str(status): ref(str(status), "responses") for status in sorted(statuses)},
    }


def _error(status: int) -> Schema:
    headers = ("request", "again") if status in (429, 503) else ("request",)
    return {"description": ERRORS[status], "headers": _headers_by(*headers), "content": _json("Error")}


def _json(*names: str, examples: Schema | None = None) -> Schema:
    schema = ref(names[0]) if len(names) == 1 else {"anyOf": [ref(name) for name in names]}
    return {"application/json": {"schema": schema} | ({"examples": examples} if examples else {})}


def _examples(served: ServedModel | None, keys: tuple[str, ...]) -> Schema:
    """Beats that came with the model, as examples of what is asked or answered."""
    return {
        f"class {each.get('label', number)}": {"value": {key: each[key] for key in keys}}
        for number, each in enumerate([] if served is None else served.examples)
        if each.keys() >= set(keys)
    }


def _parameters(settings: Settings) -> Schema:
    def header(name: str, schema: Schema, description: str) -> Schema:
        return {"name": name, "in": "header", "schema": schema, "description": description}

    def switch(name: str, description: str) -> Schema:
        return {"name": name, "in": "query", "schema": BOOLEAN | {"default": False}, "description": description}

    number = INTEGER | {"minimum": 0, "maximum": 10**18 - 1}
    return {
        "version": header(VERSION_HEADER, number, "Asks for exactly this version of the model."),
        "client": header(settings.sticky_header, TEXT, "Meets the same version each time while there is a candidate."),
        "details": switch("details", "Adds all probabilities, and whether to trust the answer."),
        "probabilities": switch("probabilities", "Adds the probability of each class."),
    }


def _headers_by(*names: str) -> Schema:
    return {NAMES[name]: ref(name, "headers") for name in names}


def _headers() -> Schema:
    return {
        "request": {"schema": TEXT, "description": "Taken over from the request, or made; it is in every log line."},
        "version": {"schema": INTEGER, "description": "The version of the model that answered."},
        "again": {"schema": INTEGER, "description": "Seconds to wait."},
    }
