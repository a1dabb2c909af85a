"""The document of OpenAPI 3.1: paths, answers and errors, made for the served model and its own beats as examples."""

from typing import Any, Final

from gateway.model import ServedModel
from gateway.schemas import BOOLEAN, INTEGER, TEXT, Schema, ref, schemas
from gateway.settings import Settings

ERRORS: Final = {
    400: "The request is not what the served model takes; the message says where.",
    401: "The API key is missing or not known.",
    404: "No model server has the version that was asked for.",
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
OF_BEATS: Final = (400, 404, 413, 415, 501, *OF_THE_SERVER)
SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
GUARDED: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"key": []}]
PREDICT: Final = (
    "One beat or a batch, which is answered in order by one version. "
    "Bytes are a batch of little-endian float32 values, beat after beat."
)
EXPLAIN: Final = (
    "Integrated gradients from the mean of the training beats: how much each value adds to the log-odds of the class."
)


def document(settings: Settings, served: ServedModel | None = None) -> Schema:
    """Make the document; without a model, lengths, names and class labels are left open."""
    parts = {
        "schemas": schemas(settings, served),
        "parameters": _parameters(settings),
        "headers": _headers(),
        "responses": {str(status): _error(status) for status in ERRORS},
    }
    if settings.api_keys_file:
        parts["securitySchemes"] = SCHEMES
    version = "none" if served is None else str(served.version)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Classes of ECG beats by the model '{settings.model_name}'",
            "version": version,
            "description": "The version is that of the served model; it gives the lengths and the class labels.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(bool(settings.api_keys_file), served),
        "components": parts,
    }


def _paths(keyed: bool, served: ServedModel | None) -> Schema:
    version, client = ref("version", "parameters"), ref("client", "parameters")
    switches = [ref("details", "parameters"), ref("probabilities", "parameters")]
    predictions = ("Prediction", "Details", "Predictions", "DetailedPredictions")
    predict = _operation("predict", "Classify beats", _json(*predictions, examples=_answers(served)), OF_BEATS, PREDICT)
    predict |= {"parameters": [*switches, version, client], "requestBody": _body("PredictRequest", served)}
    explain = _operation("explain", "Explain classes", _json("Explanation", "Explanations"), OF_BEATS, EXPLAIN)
    explain |= {"parameters": [version, client], "requestBody": _body("ExplainRequest", served)}
    of_version = (400, 404, *OF_THE_SERVER)
    model = _operation("model", "Describe the served model", _json("Model"), of_version) | {"parameters": [version]}
    examples = _operation("examples", "Beats that came with the model", _json("Examples"), of_version)
    examples |= {"parameters": [version]}
    guarded = {"/predict": {"post": predict}, "/explain": {"post": explain}}
    guarded |= {"/model": {"get": model}, "/examples": {"get": examples}}
    if keyed:
        for path in guarded.values():
            for operation in path.values():
                operation["security"] = GUARDED
                operation["responses"] |= _errors(*OF_KEYS)
    return guarded | _open()


def _open() -> Schema:
    ready = _operation("ready", "Which versions are AVAILABLE", _json("Ready"), OF_THE_SERVER)
    text = {"text/plain": {"schema": TEXT}}
    return {
        "/ready": {"get": ready},
        "/health": {"get": _operation("health", "Whether the gateway itself answers", _json("Health"))},
        "/metrics": {"get": _operation("metrics", "Counts and times in Prometheus' text format", text)},
        "/openapi.json": {
            "get": _operation("openapi", "This document", {"application/json": {"schema": {"type": "object"}}})
        },
    }


def _operation(name: str, summary: str, content: Schema, errors: tuple[int, ...] = (), description: str = "") -> Schema:
    of_a_version = 502 in errors and name != "ready"
    headers = {"X-Request-ID": ref("request", "headers")}
    headers |= {"X-Model-Version": ref("version", "headers")} if of_a_version else {}
    answer = {"description": "The answer.", "headers": headers, "content": content}
    operation: Schema = {"operationId": name, "summary": summary}
    operation |= {"description": description} if description else {}
    return operation | {"responses": {"200": answer} | _errors(*errors, 500)}


def _errors(*statuses: int) -> Schema:
    return {str(status): ref(str(status), "responses") for status in statuses}


def _error(status: int) -> Schema:
    headers = {"X-Request-ID": ref("request", "headers")}
    headers |= {"Retry-After": ref("again", "headers")} if status in (429, 503) else {}
    return {"description": ERRORS[status], "headers": headers, "content": _json("Error")}


def _json(*names: str, examples: Schema | None = None) -> Schema:
    schema = ref(names[0]) if len(names) == 1 else {"anyOf": [ref(name) for name in names]}
    return {"application/json": {"schema": schema} | ({"examples": examples} if examples else {})}


def _body(name: str, served: ServedModel | None) -> Schema:
    asked = {
        f"class {each.get('label', number)}": {"value": {"features": each["features"]}}
        for number, each in enumerate(_examples(served))
    }
    packed = {"schema": {"description": "float32 values, little-endian, beat after beat"}}
    return {"required": True, "content": _json(name, examples=asked) | {"application/octet-stream": packed}}


def _answers(served: ServedModel | None) -> Schema:
    return {
        f"class {each.get('label', number)}": {
            "value": {name: each[name] for name in ("predicted_class", "probability")}
        }
        for number, each in enumerate(_examples(served))
        if {"predicted_class", "probability"} <= each.keys()
    }


def _examples(served: ServedModel | None) -> list[dict[str, Any]]:
    return [] if served is None else served.examples


def _parameters(settings: Settings) -> Schema:
    def header(name: str, schema: Schema, description: str) -> Schema:
        return {"name": name, "in": "header", "schema": schema, "description": description}

    def switch(name: str, description: str) -> Schema:
        return {"name": name, "in": "query", "schema": BOOLEAN | {"default": False}, "description": description}

    number = INTEGER | {"minimum": 0, "maximum": 10**18 - 1}
    client = TEXT | {"minLength": 1}
    return {
        "version": header("X-Model-Version", number, "Asks for exactly this version of the model."),
        "client": header(
            settings.sticky_header, client, "Meets the same version each time while there is a candidate."
        ),
        "details": switch("details", "Adds all probabilities, and whether to trust the answer."),
        "probabilities": switch("probabilities", "Adds the probability of each class."),
    }


def _headers() -> Schema:
    return {
        "request": {"schema": TEXT, "description": "Taken over from the request, or made; it is in every log line."},
        "version": {"schema": INTEGER, "description": "The version of the model that answered."},
        "again": {"schema": INTEGER, "description": "Seconds to wait."},
    }
