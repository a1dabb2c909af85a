"""A client of the gateway, at a URL or through the API server."""

import json
from collections.abc import Callable

from rollout import http
from rollout.errors import Faulty, NotAnswering, RolloutError
from rollout.http import Answer
from rollout.kubernetes.api import Cluster

NOT_NOW = (429, 503, 504)  # not ready, or too busy
KEY_HEADER = "X-API-Key"  # the other one, Authorization, is for the API server on the way

Ask = Callable[[str, bytes | None, dict[str, str]], Answer]


def at(url: str, key: str | None = None) -> Ask:
    """Ask the gateway at a URL, with an API key if there is one."""
    return lambda path, body, headers: http.ask(url.rstrip("/") + path, body, headers | _keyed(key))


def through(cluster: Cluster, key: str | None = None) -> Ask:
    """Ask the release's gateway through the API server."""
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
        raise RolloutError("the gateway's /model names no version in X-Model-Version: is this an ECG gateway?")
    return int(version)


def require_entrance(ask: Ask) -> None:
    """Raise where the gateway, or the API server on the way, refuses the caller."""
    try:
        answer = ask("/model", None, {})
    except NotAnswering:
        return  # as long as nothing is served, no gateway is ready: waiting for it would never end
    if answer.status in (401, 403):
        raise refusal("/model", answer)


def refusal(asked: str, answer: Answer) -> RolloutError:
    """Return the error for an answer that is not 200: NotAnswering where trying again may help."""
    code, message = _error(answer)
    said = f"the gateway's {asked} answers {answer.status}: {message or answer.text}"
    if code == "unauthorized":
        return RolloutError(f"{said}; --key-file says where the API key is")
    # A status without the gateway's own error code comes from something before it.
    if answer.status in NOT_NOW or code == "version_not_found" or (answer.status >= 500 and not code):
        return NotAnswering(said)
    if answer.status in (401, 403) and not code:
        said = f"{said}; where services may not be asked through the API server, give --gateway URL"
    return Faulty(said) if code else RolloutError(said)


def _error(answer: Answer) -> tuple[str, str]:
    try:
        error = json.loads(answer.body)["error"]
        return str(error["code"]), str(error["message"])
    except (ValueError, TypeError, KeyError):
        return "", ""
