"""From errors to HTTP: the only file with status codes. Every error has the same shape, whoever raised it."""

import logging
from typing import Any, Final

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from gateway import errors, logs

RETRY_AFTER_SECONDS: Final = "1"
STATUS: Final[dict[type[errors.GatewayError], int]] = {
    errors.InvalidBeat: 400,
    errors.VersionNotFound: 404,
    errors.TooManyBeats: 413,
    errors.ModelFailed: 502,
    errors.ContractBroken: 502,
    errors.ModelNotReady: 503,
    errors.ModelOverloaded: 503,
    errors.ModelTooSlow: 504,
}
_SENTENCES: Final = {
    404: "Nothing is here; the paths are /predict, /model, /ready, /health and /metrics",
    413: "The body is larger than this gateway takes",
    415: "The body must be JSON: send the header 'Content-Type: application/json'",
    500: "Something unforeseen went wrong; the log has it under this request id",
}
_log = logging.getLogger("gateway.errors")


def install_error_responses(app: Flask) -> None:
    """Answer every error as JSON."""
    app.register_error_handler(errors.GatewayError, _domain)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _domain(error: errors.GatewayError) -> Response:
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    g.logged = {"error": error.code} | ({"cause": error.cause} if error.cause else {})
    response = _answer(status, error.code, error.message, **error.where)
    g.failed = (error.code, error.version)
    if status == 503:
        response.headers["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code = error.name.lower().replace(" ", "_")
    response = _answer(status, code, _SENTENCES.get(status) or error.description or error.name)
    if allowed := getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _unforeseen(error: Exception) -> Response:
    fields = {"request_id": g.request_id, "type": type(error).__qualname__, "frames": logs.frames(error)}
    _log.error("unforeseen error in %s", request.path, extra={"fields": fields})
    return _answer(500, "internal_error", _SENTENCES[500])


def _answer(status: int, code: str, message: str, **where: Any) -> Response:
    response = jsonify(error={"code": code, "message": message, "request_id": g.request_id, **where})
    response.status_code = status
    g.failed = (code, None)
    return response
