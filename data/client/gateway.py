"""HTTP client of the gateway, which retries after temporary errors."""

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, sleep_using_event, stop_before_delay
from tenacity.wait import wait_exception, wait_random_exponential
from urllib3 import Retry
from urllib3.exceptions import HTTPError, InvalidHeader

from data.client.api_key import is_key
from data.errors import DataError
from data.http import cause, open_session

IDLE_TIMEOUT: Final = 30.0  # seconds without data on a connection before it counts as lost
FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 15.0
LONGEST_TIMEOUT: Final = 86_400.0
PRINTABLE: Final = re.compile(r"[!-~]+")
RETRIED_STATUSES: Final = (429, 503, 504)
ADVICE: Final = {  # by status
    401: "; give the API key with --key-file, in Python key=",
    404: "; is this the address of a gateway?",
    413: "; give a smaller --batch, in Python batch=",
}

Json = dict[str, Any]


class Refused(DataError):
    """The gateway rejected a request for good; `beat` is the index of the invalid beat, from 0, or None."""

    def __init__(self, message: str, beat: int | None = None) -> None:
        super().__init__(message)
        self.beat = beat


class Unanswered(DataError):
    """The gateway did not answer within the timeout."""


class _Temporary(Exception):
    """A temporary error, after which the request is retried."""

    wait = 0.0  # seconds to wait, by the gateway's Retry-After


@dataclass(frozen=True, slots=True)
class Served:
    """The served model as /model describes it; names and classes are None if the model has none."""

    version: int
    width: int
    names: tuple[str, ...] | None
    classes: tuple[int, ...] | None
    trained: str
    class_names: tuple[str, ...] | None = None  # of the class labels, if these are 0, 1, ...


class Gateway:
    """A gateway at one address. Threads may share an instance."""

    def __init__(self, url: str, key: str | None, timeout: float, warn: Callable[[str], None]) -> None:
        """`timeout` is the seconds for one answer with all retries; `warn` gets a message before each retry."""
        self._url, self._base = url, _base(url)
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise DataError(f"--timeout {timeout:g}: must be above 0 and at most {LONGEST_TIMEOUT:g} seconds")
        if key is not None and not is_key(key):
            raise DataError("the API key has line ends or characters outside ASCII; give only the key")
        self._timeout, self._warn, self._stop = timeout, warn, threading.Event()
        self._session = open_session()
        self._session.auth = lambda request: request  # else requests would send a .netrc entry instead of the key
        self._session.headers.update({"Authorization": f"Bearer {key}"} if key else {})
        # Not urllib3's retries: they recurse once per attempt, and cannot look into the response body.
        self._attempts = Retrying(
            retry=retry_if_exception_type(_Temporary),
            wait=wait_exception(lambda error: getattr(error, "wait", 0.0))
            + wait_random_exponential(multiplier=FIRST_DELAY, max=LONGEST_DELAY),
            stop=stop_before_delay(timeout),
            sleep=sleep_using_event(self._stop),
            before_sleep=self._report_retry,
            reraise=True,
        )

    def model(self) -> Served:
        """Return the served model; DataError if the address is not that of a gateway."""
        _, model = self._request("GET", "/model")
        try:
            width, trained = int(model["features"]["count"]), (model.get("training") or {}).get("created", "")
            names, classes = (tuple(each) if each else None for each in (model["features"]["names"], model["classes"]))
            named = _in_order(model.get("class_names") or {})
            return Served(int(model["version"]), width, names, classes, str(trained), named)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DataError(
                f"{self._url}: /model does not list a model's features; is this the address of a gateway?"
            ) from None

    def predict(self, beats: bytes, number: int, details: bool) -> tuple[int, list[Json]]:
        """Send `number` beats as packed float32; return the model version and one prediction per beat."""
        version, content = self._request("POST", f"/predict{'?details=true' if details else ''}", beats)
        predictions = content.get("predictions")
        if not isinstance(predictions, list) or len(predictions) != number or not version.isdecimal():
            raise DataError(
                f"{self._url}: the response does not have {number} predictions; is this the address of a gateway?"
            )
        return int(version), predictions

    def close(self) -> None:
        """Stop retrying and close all connections; a connection in use closes after its response."""
        self._stop.set()
        self._session.close()

    def _request(self, method: str, path: str, body: bytes | None = None) -> tuple[str, Json]:
        """Send a request with retries; return the model version and the body of the response with status 200."""
        try:
            return self._attempts(self._attempt, method, path, body, time.monotonic() + self._timeout)
        except _Temporary as error:
            raise Unanswered(f"{self._url}: {error}, for {self._timeout:g} s") from None

    def _attempt(self, method: str, path: str, body: bytes | None, deadline: float) -> tuple[str, Json]:
        if self._stop.is_set():
            raise Unanswered("the client was closed")
        try:
            response = self._session.request(
                method,
                self._base + path,
                data=body,
                headers={"Content-Type": "application/octet-stream"} if body is not None else {},
                timeout=max(min(IDLE_TIMEOUT, deadline - time.monotonic()), 0.001),
                allow_redirects=False,  # beats and key must not go to another address
            )
        except (requests.RequestException, HTTPError) as error:  # urllib3's own error: an invalid host name
            if isinstance(error, ValueError):
                raise DataError(f"{self._url}: not the address of a gateway ({cause(error)})") from None
            raise _Temporary(f"no answer ({cause(error)})") from None
        if response.status_code != 200:
            self._raise_for(response)
        return response.headers.get("X-Model-Version", ""), _object(response.content)

    def _raise_for(self, response: requests.Response) -> NoReturn:
        """Raise _Temporary for a temporary error, else Refused."""
        status, error = response.status_code, _object(response.content).get("error")
        error = error if isinstance(error, dict) else {}
        message = f"the gateway answers {status}: {error.get('message') or response.reason or 'unknown'}"
        # a 5xx without the gateway's error code comes from a proxy in front of it
        if status in RETRIED_STATUSES or (status >= 500 and "code" not in error):
            temporary = _Temporary(message)
            temporary.wait = _retry_after(response)
            raise temporary
        moved = f"; give the address it redirects to: {response.headers['Location']}" if response.is_redirect else ""
        beat = error.get("instance")
        raise Refused(message + (moved or ADVICE.get(status, "")), beat if isinstance(beat, int) else None)

    def _report_retry(self, state: RetryCallState) -> None:
        if state.attempt_number > 1 and state.outcome:  # the first failure is often only a closed idle connection
            self._warn(f"{self._url}: {state.outcome.exception()}; trying again in {state.upcoming_sleep:.1f} s")


def _base(url: str) -> str:
    """Return the gateway's base URL, without user, query and trailing slash."""
    try:
        parts = urlsplit(url)
        if PRINTABLE.fullmatch(url) and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    except ValueError:  # an invalid port or IPv6 address
        pass
    raise DataError(f"{url}: not the address of a gateway; give http://HOST:PORT/")


def _object(content: bytes) -> Json:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _in_order(names: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the names of the class labels 0, 1, ...; None if there are no names, or the labels are others."""
    labels = [str(label) for label in range(len(names))]
    return tuple(names[label] for label in labels) if names and set(labels) == set(names) else None


def _retry_after(response: requests.Response) -> float:
    """Return the seconds to wait; 0 if Retry-After is absent or invalid."""
    with suppress(InvalidHeader, ValueError):
        return Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    return 0.0
