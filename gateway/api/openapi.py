"""The document of OpenAPI 3.1: paths, answers and errors, made for the served model and its own beats as examples."""

from typing import Final

from gateway.api.schemas import BOOLEAN, INTEGER, TEXT, Schema, ref, schemas
from gateway.exchange import REQUEST_ID, VERSION
from gateway.model import ServedModel
from gateway.routes import PREDICT, Operation, Route, RouteTable
from gateway.settings import Settings

ERRORS: Final = {
    400: "The request is not what the served model takes, or its numbers overflow there; the message says where.",
    401: "The API key is missing or unknown.",
    404: "No model server has the version that was asked for.",
    408: "The body did not come in time.",
    413: "The body is too large, or the batch too long.",
    415: "The body is neither JSON nor float32.",
    429: "The API key has used up its rate limit.",
    500: "A fault of the gateway; its log has it under the request id.",
    501: "The served model lacks the signature that this needs.",
    502: "The model server broke, or its model is not the kind that the gateway can read.",
    503: "Nothing can answer at the moment; trying again may help.",
    504: "No answer before the deadline.",
}
OF_KEYS: Final = (401, 429)
API_VERSION: Final = "1"  # of what is described here, whatever model is served
SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
KEYED: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"key": []}]
NAMES: Final = {"request": REQUEST_ID, "version": VERSION, "again": "Retry-After"}
FLOAT32: Final[Schema] = {
    "application/octet-stream": {
        "schema": {
            "type": "string",
            "format": "binary",
            "description": "Little-endian float32 values, beat after beat: a batch.",
        }
    }
}


def document(routes: RouteTable, settings: Settings, served: ServedModel | None = None) -> Schema:
    """Make the document; without a model, lengths, names and class labels are left open."""
    keyed = bool(settings.api_keys_file)
    shown = None if keyed else served  # this document needs no key, and /examples does
    paths: Schema = {}
    for route in routes.routes:
        if route.operation is not None:
            operation = _operation(route, route.operation, keyed and not route.keyless, shown)
            paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Classes of ECG beats by the model '{settings.model_name}'",
            "version": API_VERSION,
            "description": _served(served),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas(settings, served),
            "parameters": _parameters(settings),
            "headers": _headers(),
            "responses": {str(status): _error(status) for status in ERRORS if keyed or status not in OF_KEYS},
            **({"securitySchemes": SCHEMES} if keyed else {}),
        },
    }


def _served(served: ServedModel | None) -> str:
    if served is None:
        return "No version of the model is served, so lengths and class labels are left open."
    return f"Made for version {served.version} of the model, which gives the lengths."


def _operation(route: Route, operation: Operation, keyed: bool, served: ServedModel | None) -> Schema:
    headers = ("request", "version") if operation.versioned else ("request",)
    answered = _examples(served, ("predicted_class", "probability")) if route.path == PREDICT else {}
    content = _content(*operation.answers, examples=answered, media_type=operation.media_type)
    answer = {"description": "The answer.", "headers": _headers_by(*headers), "content": content}
    parameters = [ref(each, "parameters") for each in (*route.query, *operation.headers)]
    statuses = (*operation.errors, *(OF_KEYS if keyed else ()), 500)
    return {
        "operationId": route.view,
        "tags": [operation.tag],
        "summary": operation.summary,
        **({"description": operation.description} if operation.description else {}),
        **({"security": KEYED} if keyed else {}),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": _body(operation.body, served)} if operation.body else {}),
        "responses": {"200": answer} | {str(status): ref(str(status), "responses") for status in sorted(statuses)},
    }


def _body(name: str, served: ServedModel | None) -> Schema:
    return {"required": True, "content": _content(name, examples=_examples(served, ("features",))) | FLOAT32}


def _error(status: int) -> Schema:
    headers = ("request", "again") if status in (429, 503) else ("request",)
    return {"description": ERRORS[status], "headers": _headers_by(*headers), "content": _content("Error")}


def _content(*names: str, examples: Schema | None = None, media_type: str = "application/json") -> Schema:
    schema = ref(names[0]) if len(names) == 1 else {"anyOf": [ref(name) for name in names]}
    return {media_type: {"schema": schema} | ({"examples": examples} if examples else {})}


def _examples(served: ServedModel | None, keys: tuple[str, ...]) -> Schema:
    """Beats that came with the model, as examples of requests and answers."""
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
        "version": header(VERSION, number, "Asks for exactly this version of the model."),
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
