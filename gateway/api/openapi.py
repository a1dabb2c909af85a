"""Makes the OpenAPI 3.1 document: paths, answers and errors, with the served model's lengths and example beats."""

from typing import Final

from gateway.api.schemas import BOOLEAN, INTEGER, TEXT, Schema, ref, schemas
from gateway.exchange import REQUEST_ID, VERSION
from gateway.model import ServedModel
from gateway.routes import PREDICT, Operation, Route, RouteTable
from gateway.settings import Settings

ERRORS: Final = {
    400: "The request does not fit the served model, or its values overflow inside the model; the message says where.",
    401: "The API key is missing or unknown.",
    404: "No model server has the requested version.",
    408: "The body did not arrive in time.",
    413: "The body is too large, or the batch has too many beats.",
    415: "The body is neither JSON nor float32.",
    429: "The API key has used up its rate limit.",
    500: "A fault in the gateway; its log has the details under the request id.",
    501: "The served model lacks the signature that the request needs.",
    502: "The model server failed, or its model does not follow the contract that the gateway reads.",
    503: "No model server can answer at the moment; a retry may succeed.",
    504: "No answer before the deadline.",
}
OF_KEYS: Final = (401, 429)
API_VERSION: Final = "1"  # the version of this API, independent of the model version
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
    """Make the document; without a served model it leaves lengths, names and class labels open."""
    keyed = bool(settings.api_keys_file)
    shown = None if keyed else served  # /examples needs a key and this document does not, so it must not show beats
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
        return "No model version is served at the moment, so lengths and class labels are left open."
    return f"The lengths are those of version {served.version} of the model."


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
    """Return the model's example beats as examples of requests and answers."""
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
        "version": header(VERSION, number, "Selects exactly this version of the model."),
        "client": header(settings.sticky_header, TEXT, "Identifies a client, which always gets the same version."),
        "details": switch("details", "Adds all probabilities, abstention and the out-of-distribution score."),
        "probabilities": switch("probabilities", "Adds the probability of each class."),
    }


def _headers_by(*names: str) -> Schema:
    return {NAMES[name]: ref(name, "headers") for name in names}


def _headers() -> Schema:
    return {
        "request": {"schema": TEXT, "description": "The caller's request id, or a new one; every log line has it."},
        "version": {"schema": INTEGER, "description": "The version of the model that answered."},
        "again": {"schema": INTEGER, "description": "Seconds to wait."},
    }
