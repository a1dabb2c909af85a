"""The gateway, asked for predictions as long as it takes: what passes by itself is asked again."""

import http.client
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from data.errors import DataError

SILENCE: Final = 30.0  # seconds that a connection may be silent
FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 15.0
LONGEST_TIMEOUT: Final = 86_400.0
PLAIN: Final = re.compile(r"[!-~]+")
PASSES: Final = (429, 503, 504)
ADVICE: Final = {
    401: "; give the API key with --key-file",
    404: "; is this the address of a gateway?",
    413: "; give a smaller --batch",
}

KINDS: Final[dict[str, type[HTTPConnection]]] = {"http": HTTPConnection, "https": HTTPSConnection}

Json = dict[str, Any]


class Refused(DataError):
    """The gateway does not take a request, and will not; `beat` is the one at fault, from 0, if it is known."""

    def __init__(self, message: str, beat: int | None = None) -> None:
        super().__init__(message)
        self.beat = beat


class Stopped(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, slots=True)
class Served:
    """What the gateway says of the model that it serves; names and classes are None if the model tells none."""

    version: int
    width: int
    names: tuple[str, ...] | None
    classes: tuple[int, ...] | None
    trained: str


class Gateway:
    """Safe to share between threads, each of which keeps a connection of its own."""

    def __init__(self, url: str, key: str | None, timeout: float, say: Callable[[str], None]) -> None:
        parts = _parts(url)
        if not 0 < timeout <= LONGEST_TIMEOUT:
            raise DataError(f"--timeout {timeout:g}: give a number of seconds above 0, up to {LONGEST_TIMEOUT:g}")
        self._url, self._path = url, parts.path.rstrip("/")
        self._kind, self._host = KINDS[parts.scheme], parts.netloc.rpartition("@")[2]
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._timeout = timeout
        self._say = say
        self._mine = threading.local()
        self._all: list[HTTPConnection] = []
        self._stop = threading.Event()

    def model(self) -> Served:
        """Ask what is served."""
        _, told = self._ask("GET", "/model")
        try:
            width, trained = int(told["features"]["count"]), (told.get("training") or {}).get("created", "")
            names, classes = (tuple(each) if each else None for each in (told["features"]["names"], told["classes"]))
            return Served(int(told["version"]), width, names, classes, str(trained))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise DataError(f"{self._url}: /model does not tell a model's features; is this a gateway?") from None

    def predict(self, beats: bytes, number: int, details: bool) -> tuple[int, list[Json]]:
        """Ask for `number` beats of packed float32; give the version that answered and an answer for each."""
        version, told = self._ask("POST", f"/predict{'?details=true' if details else ''}", beats)
        predictions = told.get("predictions")
        if not isinstance(predictions, list) or len(predictions) != number or not version.isdecimal():
            raise DataError(f"{self._url}: the answer does not hold {number} predictions; is this a gateway?")
        return int(version), predictions

    def stop(self) -> None:
        """End all that is under way in other threads."""
        self._stop.set()
        for connection in self._all:
            with suppress(OSError, AttributeError):  # it may have none at the moment
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections, which no thread uses any more."""
        for connection in self._all:
            connection.close()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[str, Json]:
        """Ask until there is an answer; give the version and the content of one with status 200."""
        deadline = time.monotonic() + self._timeout
        for attempt in count():
            wait = 0.0
            try:
                status, headers, content = self._once(method, path, body)
                if status == 200:
                    return headers.get("X-Model-Version", ""), _object(content)
                problem = self._passing(status, content)
                wait = _seconds(headers.get("Retry-After"))
            except (OSError, HTTPException) as error:
                problem = f"no answer ({error or type(error).__name__})"
            delay = max(wait, min(LONGEST_DELAY, FIRST_DELAY * 2**attempt) * random.uniform(0.5, 1))
            if time.monotonic() + delay > deadline:
                raise DataError(f"{self._url}: {problem}, for {self._timeout:g} s; the same command again goes on")
            if attempt:  # a connection that was idle for long is often closed
                self._say(f"{self._url}: {problem}; trying again in {delay:.1f} s")
            if self._stop.wait(delay):
                raise Stopped
        raise AssertionError("unreachable")

    def _passing(self, status: int, content: bytes) -> str:
        """Name the problem of an answer if it passes by itself; raise Refused if not."""
        error = _object(content).get("error")
        told = error if isinstance(error, dict) else {}
        said = f"the gateway answers {status}: {told.get('message') or http.client.responses.get(status, 'unknown')}"
        # a 5xx without the gateway's own code comes from something before it
        if status in PASSES or (status >= 500 and "code" not in told):
            return said
        beat = told.get("instance")
        raise Refused(said + ADVICE.get(status, ""), beat if isinstance(beat, int) else None)

    def _once(self, method: str, path: str, body: bytes | None) -> tuple[int, http.client.HTTPMessage, bytes]:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = self._kind(self._host, timeout=min(self._timeout, SILENCE))
            self._all.append(self._mine.connection)
        connection: HTTPConnection = self._mine.connection
        headers = self._headers | ({"Content-Type": "application/octet-stream"} if body is not None else {})
        try:
            connection.request(method, self._path + path, body, headers)
            if self._stop.is_set():  # too late for stop() to have seen this connection
                raise Stopped
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        except (OSError, HTTPException, Stopped):
            connection.close()  # the next request opens it anew
            raise


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        if PLAIN.fullmatch(url) and parts.scheme in KINDS and parts.hostname and parts.port != 0:
            return parts
    except ValueError:  # of the port, or of brackets that are none of an IPv6 address
        pass
    raise DataError(f"{url}: not the address of a gateway; give http://HOST:PORT/")


def _object(content: bytes) -> Json:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _seconds(text: str | None) -> float:
    """Seconds of a Retry-After; its other form, a date, counts as none."""
    return float(text) if text and text.isdecimal() else 0.0
