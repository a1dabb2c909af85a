"""API keys: reads the key file of names and hashes, again after a change. Only the SHA-256 of a key is stored.

A key has 256 random bits, so nobody can guess it from its plain hash or from the duration of a look-up.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from gateway.errors import TooManyRequests, Unauthorized
from gateway.security.token_bucket import Bucket

CHECKED_EVERY: Final = 1.0  # seconds between checks of the file; chosen by hand
LEAST_RATE: Final = 1e-6
MOST_RATE: Final = 1e6
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_MISSING: Final = "Send an API key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"
_log = logging.getLogger("gateway.keys")


class KeysError(ValueError):
    """The key file is invalid; the message has the line and the reason, and never the line's content."""


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the key file: the key's name, its SHA-256, and its rate limit in requests per second or None."""

    name: str
    digest: bytes
    rate: float | None


def make_key(name: str) -> tuple[str, str]:
    """Make a key; return the key and its line for the key file."""
    key = f"ecg_{secrets.token_urlsafe(32)}"
    return key, f"{name} {sha256(key.encode()).hexdigest()}"


def read(path: Path) -> list[Key]:
    """Read the key file. Several lines may have the same name, such as an old and a new key.

    Raises:
        KeysError: The file cannot be read, or a line is malformed.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeysError(f"{path}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    words = ((number, line.partition("#")[0].split()) for number, line in enumerate(lines, 1))
    return [_key(f"{path}:{number}", each) for number, each in words if each]


def _key(where: str, words: list[str]) -> Key:
    # messages quote nothing, because a line may have an unhashed key by mistake
    if not 2 <= len(words) <= 3:
        raise KeysError(f"{where}: expected a name, a SHA-256 and, optionally, requests per second")
    if not NAME.fullmatch(words[0]):
        raise KeysError(f"{where}: a name has at most 64 letters, digits, dots, dashes and underscores")
    if not _HASH.fullmatch(words[1]):
        raise KeysError(f"{where}: the second word is not a SHA-256 of 64 lowercase hexadecimal digits")
    return Key(words[0], bytes.fromhex(words[1]), _rate(where, words[2]) if len(words) == 3 else None)


def _rate(where: str, text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise KeysError(f"{where}: the third word is not a number of requests per second above 0")
    return rate


class Keys:
    """Accepts or refuses API keys. While the key file is invalid, the last valid keys count; for one event loop.

    Raises:
        KeysError: The key file is invalid at the start.
    """

    def __init__(self, path: Path, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._workers = workers
        self._clock = clock
        self._keys: dict[bytes, tuple[Key, Bucket | None]] = {}
        self._file_state = self._state()  # before reading, so that the next check notices a change in between
        self._replace(read(path))
        self._check_at = clock() + CHECKED_EVERY

    def admit(self, key: bytes | None) -> str:
        """Return the name of a key.

        Raises:
            Unauthorized: The key is missing or unknown.
            TooManyRequests: The key has used up its rate limit.
        """
        if self._clock() >= self._check_at:
            self._reload_if_changed()
        if key is None:
            raise Unauthorized(_MISSING, cause="no key")
        key_and_bucket = self._keys.get(sha256(key).digest())
        if key_and_bucket is None:
            raise Unauthorized("This API key is unknown", cause="unknown key")
        accepted, bucket = key_and_bucket
        if bucket is not None and (seconds := bucket.take()):
            raise TooManyRequests(accepted.name, seconds)
        return accepted.name

    def _reload_if_changed(self) -> None:
        self._check_at = self._clock() + CHECKED_EVERY
        now = self._state()
        if now == self._file_state:
            return
        self._file_state = now
        try:
            self._replace(read(self._path))
        except KeysError as error:
            fields = {"reason": str(error), "keys": len(self._keys)}
            _log.error("the API key file is invalid; the last valid keys still count", extra={"fields": fields})

    def _state(self) -> object:
        """Return a value that changes with the file: inode, time and size, or the error number."""
        try:
            status = self._path.stat()
        except OSError as error:
            return error.errno
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _replace(self, keys: list[Key]) -> None:
        before = self._keys
        self._keys = {key.digest: before[key.digest] if _is_in(before, key) else self._with_bucket(key) for key in keys}
        fields = {"names": sorted({key.name for key in keys}), "keys": len(keys)}
        _log.info("API keys read", extra={"fields": fields})

    def _with_bucket(self, key: Key) -> tuple[Key, Bucket | None]:
        return key, Bucket(key.rate / self._workers, self._clock) if key.rate else None


def _is_in(keys: dict[bytes, tuple[Key, Bucket | None]], key: Key) -> bool:
    return key.digest in keys and keys[key.digest][0] == key
