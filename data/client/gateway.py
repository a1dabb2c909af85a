"""The gateway, asked for predictions as long as it takes: what passes by itself is asked again."""

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

SILENCE: Final = 30.0  # seconds that a connection may be silent
FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 15.0
LONGEST_TIMEOUT: Final = 86_400.0
PLAIN: Final = re.compile(r"[!-~]+")
PASSES: Final = (429, 503, 504)
ADVICE: Final = {
    401: "; give the API key with --key-file, in Python with key=",
    404: "; is this the address of a gateway?",
    413: "; give a smaller --batch, in Python batch=",
}

Json = dict[str, Any]


class Refused(DataError):
    """The gateway does not take a request, and will not; `beat` is the one at fault, from 0, if it is known."""

    def __init__(self, message: str, beat: int | None = None) -> None:
        super().__init__(message)
        self.beat = beat


class Unanswered(DataError):
    """There was no answer for as long as one was waited for."""


class _Passing(Exception):
    """A problem that may be gone at the next attempt."""

    wait = 0.0  # seconds that the gateway wants to be left alone


@dataclass(frozen=True, slots=True)
class Served:
    """The served model, from /model; names and classes are None where the model has none."""

    version: int
    width: int
    names: tuple[str, ...] | None
    classes: tuple[int, ...] | None
    trained: str
    class_names: tuple[str, ...] | None = None  # of the class labels, if these are 0, 1, ...


class Gateway:
    """Safe to share between threads."""

    def __init__(self, url: str, key: str | None, timeout: float, say: Callable[[str], None]) -> None:
        """`timeout` is in seconds, for an answer with all attempts; `say` is called before each further attempt."""
        self._url, self._base = url, _base(url)
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise DataError(f"--timeout {timeout:g}: give a number of seconds above 0, up to {LONGEST_TIMEOUT:g}")
        if key is not None and not is_key(key):
            raise DataError("the API key holds line ends or letters beyond ASCII; give the key alone")
        self._timeout, self._say, self._stop = timeout, say, threading.Event()
        self._session = open_session()
        self._session.auth = lambda request: request  # what a .netrc has for this host would take the key's place
        self._session.headers.update({"Authorization": f"Bearer {key}"} if key else {})
        # urllib3's own retries call themselves, a frame deeper each time, and see of an answer its status alone
        self._attempts = Retrying(
            retry=retry_if_exception_type(_Passing),
            wait=wait_exception(lambda error: getattr(error, "wait", 0.0))
            + wait_random_exponential(multiplier=FIRST_DELAY, max=LONGEST_DELAY),
            stop=stop_before_delay(timeout),
            sleep=sleep_using_event(self._stop),
            before_sleep=self._say_again,
            reraise=True,
        )

    def model(self) -> Served:
        """Ask what is served."""
        _, model = self._ask("GET", "/model")
        try:
            width, trained = int(model["features"]["count"]), (model.get("training") or {}).get("created", "")
            names, classes = (tuple(each) if each else None for each in (model["features"]["names"], model["classes"]))
            named = _in_order(model.get("class_names") or {})
            return Served(int(model["version"]), width, names, classes, str(trained), named)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DataError(f"{self._url}: /model does not tell a model's features; is this a gateway?") from None

    def predict(self, beats: bytes, number: int, details: bool) -> tuple[int, list[Json]]:
        """Ask for `number` beats of packed float32; give the version that answered and an answer for each."""
        version, content = self._ask("POST", f"/predict{'?details=true' if details else ''}", beats)
        predictions = content.get("predictions")
        if not isinstance(predictions, list) or len(predictions) != number or not version.isdecimal():
            raise DataError(f"{self._url}: the answer does not hold {number} predictions; is this a gateway?")
        return int(version), predictions

    def close(self) -> None:
        """Ask no more, and close all connections, those in use with their answer."""
        self._stop.set()
        self._session.close()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[str, Json]:
        """Ask until there is an answer; give the version and the content of one with status 200."""
        try:
            return self._attempts(self._once, method, path, body, time.monotonic() + self._timeout)
        except _Passing as error:
            raise Unanswered(f"{self._url}: {error}, for {self._timeout:g} s") from None

    def _once(self, method: str, path: str, body: bytes | None, deadline: float) -> tuple[str, Json]:
        if self._stop.is_set():
            raise Unanswered("nobody waits for the answer any more")
        try:
            response = self._session.request(
                method,
                self._base + path,
                data=body,
                headers={"Content-Type": "application/octet-stream"} if body is not None else {},
                timeout=max(min(SILENCE, deadline - time.monotonic()), 0.001),
                allow_redirects=False,  # neither beats nor the key go where nobody sent them
            )
        except (requests.RequestException, HTTPError) as error:  # urllib3's own for a host that cannot be a name
            if isinstance(error, ValueError):
                raise DataError(f"{self._url}: not the address of a gateway ({cause(error)})") from None
            raise _Passing(f"no answer ({cause(error)})") from None
        if response.status_code != 200:
            self._raise(response)
        return response.headers.get("X-Model-Version", ""), _object(response.content)

    def _raise(self, response: requests.Response) -> NoReturn:
        """Raise _Passing for an answer that passes by itself, else Refused."""
        status, error = response.status_code, _object(response.content).get("error")
        error = error if isinstance(error, dict) else {}
        message = f"the gateway answers {status}: {error.get('message') or response.reason or 'unknown'}"
        # a 5xx without the gateway's own code comes from something before it
        if status in PASSES or (status >= 500 and "code" not in error):
            passing = _Passing(message)
            passing.wait = _retry_after(response)
            raise passing
        moved = f"; give the address it names: {response.headers['Location']}" if response.is_redirect else ""
        beat = error.get("instance")
        raise Refused(message + (moved or ADVICE.get(status, "")), beat if isinstance(beat, int) else None)

    def _say_again(self, state: RetryCallState) -> None:
        if state.attempt_number > 1 and state.outcome:  # a connection that was idle for long is often closed
            self._say(f"{self._url}: {state.outcome.exception()}; trying again in {state.upcoming_sleep:.1f} s")


def _base(url: str) -> str:
    """Return what stands before the gateway's paths."""
    try:
        parts = urlsplit(url)
        if PLAIN.fullmatch(url) and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0:
            return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
    except ValueError:  # the port is not a number, or the brackets hold no IPv6 address
        pass
    raise DataError(f"{url}: not the address of a gateway; give http://HOST:PORT/")


def _object(content: bytes) -> Json:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _in_order(names: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the names of the class labels 0, 1, ...; None if there are none, or of other labels."""
    labels = [str(label) for label in range(len(names))]
    return tuple(names[label] for label in labels) if names and set(labels) == set(names) else None


def _retry_after(response: requests.Response) -> float:
    """Return the seconds to wait; 0 if Retry-After is absent or invalid."""
    with suppress(InvalidHeader, ValueError):
        return Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    return 0.0
