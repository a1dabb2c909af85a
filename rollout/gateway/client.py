"""A client of the gateway, at a URL or through the API server."""

import json
from collections.abc import Callable

from rollout import http
from rollout.errors import Faulty, NotAnswering, RolloutError
from rollout.http import Answer
from rollout.kubernetes.api import Cluster

NOT_NOW = (429, 503, 504)  # not ready, or overloaded
KEY_HEADER = "X-API-Key"  # not Authorization, which the API server on the way uses itself

Ask = Callable[[str, bytes | None, dict[str, str]], Answer]


def at(url: str, key: str | None = None) -> Ask:
    """Return a function that calls the gateway at a URL, with an API key if there is one."""
    return lambda path, body, headers: http.ask(url.rstrip("/") + path, body, headers | _keyed(key))


def through(cluster: Cluster, key: str | None = None) -> Ask:
    """Return a function that calls the release's gateway through the API server."""
    service = f"{cluster.name.removesuffix('-serving')}-gateway:http"
    return lambda path, body, headers: cluster.ask("services", service, path, body, headers | _keyed(key))


def _keyed(key: str | None) -> dict[str, str]:
    return {KEY_HEADER: key} if key else {}


def answering(ask: Ask) -> int:
    """Return the version that answers callers."""
    answer = ask("/model", None, {})
    if answer.status == 401:
        raise refusal("/model", answer)
    if answer.status != 200:
        raise NotAnswering(f"the gateway's /model answers {answer.status}: {answer.text}")
    version = answer.header("X-Model-Version")
    if not version.isdecimal():
        raise RolloutError("the gateway's /model has no version in X-Model-Version; is this an ECG gateway?")
    return int(version)


def require_entrance(ask: Ask) -> None:
    """Raise RolloutError if the gateway, or the API server on the way, refuses the caller."""
    try:
        answer = ask("/model", None, {})
    except NotAnswering:
        return  # while nothing is served no gateway is ready, and waiting for it would never end
    if answer.status in (401, 403):
        raise refusal("/model", answer)


def refusal(path: str, answer: Answer) -> RolloutError:
    """Return the error for an answer that is not 200: NotAnswering if a retry may succeed."""
    code, reason = _error(answer)
    message = f"the gateway's {path} answers {answer.status}: {reason or answer.text}"
    if code == "unauthorized":
        return RolloutError(f"{message}; give the API key by --key-file")
    # A status without the gateway's own error code comes from a proxy in front of it, while no gateway is ready.
    if answer.status in NOT_NOW or code == "version_not_found" or (not code and _of_proxy(answer)):
        return NotAnswering(message)
    if answer.status in (401, 403) and not code:
        message = f"{message}; if the account may not use services/proxy, give --gateway URL"
    return Faulty(message) if code else RolloutError(message)


def _of_proxy(answer: Answer) -> bool:
    # The API server's own 404, a Status, means that there is no such Service: waiting would not help.
    return answer.status >= 500 or (answer.status == 404 and b'"Status"' not in answer.body)


def _error(answer: Answer) -> tuple[str, str]:
    try:
        error = json.loads(answer.body)["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, TypeError, KeyError):
        return "", ""
