"""API keys: a file of names and hashes, read again when it changed. No key is ever kept, only its SHA-256.

A key has 256 random bits, so a plain hash hides it, and the duration of a look-up reveals nothing about it.
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

CHECKED_EVERY: Final = 1.0  # seconds
LEAST_RATE: Final = 1e-6
MOST_RATE: Final = 1e6
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_MISSING: Final = "Send an API key as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'"
_log = logging.getLogger("gateway.keys")


class KeysError(ValueError):
    """A file of keys cannot be used; the message says where and why, and quotes nothing from it."""


@dataclass(frozen=True, slots=True)
class Key:
    """One line of the file: whose key it is, its SHA-256, and the requests per second that it may make."""

    name: str
    digest: bytes
    rate: float | None


def made(name: str) -> tuple[str, str]:
    """Make a key; give it and its line for the file."""
    key = f"ecg_{secrets.token_urlsafe(32)}"
    return key, f"{name} {sha256(key.encode()).hexdigest()}"


def read(path: Path) -> list[Key]:
    """Read the file; raise KeysError. Several lines may have one name, such as an old and a new key."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KeysError(f"{path}: {getattr(error, 'strerror', None) or 'it is not UTF-8'}") from None
    words = ((number, line.partition("#")[0].split()) for number, line in enumerate(lines, 1))
    return [_key(f"{path}:{number}", each) for number, each in words if each]


def _key(where: str, words: list[str]) -> Key:
    # a key that stands here unhashed by mistake must not come into the log
    if not 2 <= len(words) <= 3:
        raise KeysError(f"{where}: expected a name, a SHA-256 and perhaps requests per second")
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
    """Admits requests. While the file cannot be used, the keys that it last had count; for one event loop only.

    Raises:
        KeysError: The file cannot be used at the start, when there are no earlier keys that could count.
    """

    def __init__(self, path: Path, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._workers = workers
        self._clock = clock
        self._keys: dict[bytes, tuple[Key, Bucket | None]] = {}
        self._seen = self._state()  # before reading: a change in between is noticed at the next look
        self._take(read(path))
        self._look_at = clock() + CHECKED_EVERY

    def admit(self, key: bytes | None) -> str:
        """Return the name of whose key it is; raise Unauthorized or TooManyRequests."""
        if self._clock() >= self._look_at:
            self._look()
        if key is None:
            raise Unauthorized(_MISSING, cause="no key")
        found = self._keys.get(sha256(key).digest())
        if found is None:
            raise Unauthorized("This API key is not known", cause="unknown key")
        known, bucket = found
        if bucket is not None and (seconds := bucket.take()):
            raise TooManyRequests(known.name, seconds)
        return known.name

    def _look(self) -> None:
        self._look_at = self._clock() + CHECKED_EVERY
        now = self._state()
        if now == self._seen:
            return
        self._seen = now
        try:
            self._take(read(self._path))
        except KeysError as error:
            fields = {"reason": str(error), "keys": len(self._keys)}
            _log.error("the file of API keys cannot be used; those known before still count", extra={"fields": fields})

    def _state(self) -> object:
        """What differs once the file has changed: inode, time and size, or why the file cannot be found."""
        try:
            status = self._path.stat()
        except OSError as error:
            return error.errno
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _take(self, keys: list[Key]) -> None:
        before = self._keys
        self._keys = {key.digest: before[key.digest] if _is_in(before, key) else self._filled(key) for key in keys}
        fields = {"names": sorted({key.name for key in keys}), "keys": len(keys)}
        _log.info("API keys read", extra={"fields": fields})

    def _filled(self, key: Key) -> tuple[Key, Bucket | None]:
        return key, Bucket(key.rate / self._workers, self._clock) if key.rate else None


def _is_in(known: dict[bytes, tuple[Key, Bucket | None]], key: Key) -> bool:
    return key.digest in known and known[key.digest][0] == key
