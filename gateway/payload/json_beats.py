"""Reads beats from a request body, JSON or float32 bytes. Every value of a JSON beat is checked: a finite float32."""

import json
from collections.abc import Collection
from contextlib import suppress
from typing import Any, Final

import orjson

from gateway.errors import InvalidBeat
from gateway.payload.beats import AnyBeats, Beat, Beats, JsonBeats, short, too_many
from gateway.payload.binary import Float32Rows
from gateway.payload.content_encoding import JSON, media_type
from gateway.payload.float32 import pack, pack_rows
from gateway.payload.large_json import read_large

# Bytes from which simdjson is used. It is twice as fast as orjson for a batch of any size (16 beats of 140 values: 0.04
# against 0.09 ms, 256 beats: 0.8 against 1.6 ms, 4096 beats: 16 against 45 ms), but its import costs 15 MB of memory
# and 50 ms. Smaller bodies are parsed on the event loop, which the import would block.
LARGE: Final = 2**17
_SHAPE: Final = 'must be {"features": [...]} or {"instances": [[...], ...]} and nothing else'


def read(content_type: str, body: bytes, max_batch: int) -> AnyBeats:
    """Read the beats of a body, which is JSON or float32 bytes by its Content-Type.

    Raises:
        UnsupportedMediaType: Another Content-Type.
        InvalidBeat: The JSON is malformed, or a value is not a finite float32.
        TooManyBeats: There are more than `max_batch` beats. Float32 bytes are checked later, by Float32Rows.fit.
    """
    return parse(body, max_batch) if media_type(content_type) == JSON else Float32Rows(body, max_batch)


def parse(body: bytes, max_batch: int) -> JsonBeats:
    """Read `{"features": beat}` or `{"instances": [beat, ...]}`; a beat is a list or an object of named numbers.

    Raises:
        InvalidBeat: The JSON is malformed; the message names the beat and the value.
        TooManyBeats: There are more than `max_batch` beats.
    """
    if len(body) > LARGE and (matrix := read_large(body, max_batch)):
        return matrix
    content = load(body)
    _check_keys(content)
    if "features" in content:
        return Beats((_beat(content["features"], "features", {}),), batch=False)
    return rows_of(content["instances"], max_batch, may_hold_booleans(body))


def rows_of(rows: Any, max_batch: int, booleans: bool = True, path: str = "instances") -> JsonBeats:
    """Read a list of beats, the value of the key `path`.

    `booleans` is whether `rows` may have booleans; False saves a check of each value.

    Raises:
        InvalidBeat: The list is malformed; the message names the beat and the value.
        TooManyBeats: There are more than `max_batch` beats.
    """
    if not isinstance(rows, list) or not rows:
        raise InvalidBeat(f"'{path}' must be a list of at least one beat", field=path)
    if len(rows) > max_batch:
        raise too_many(len(rows), max_batch, path)
    if not booleans and (matrix := pack_rows(rows, path)):
        return matrix
    return Beats(tuple(_beat(row, f"{path}[{n}]", {"instance": n}) for n, row in enumerate(rows)), True, path)


def may_hold_booleans(body: bytes) -> bool:
    """Return whether JSON text may have `true` or `false`; False only if it has neither."""
    # "true" has a u and "false" an f; neither letter is in "instances" or in a number, and the search is fast
    return b"u" in body or b"f" in body


def _check_keys(content: object) -> None:
    if isinstance(content, dict):
        unknown = [key for key in content if key not in ("features", "instances")]
        if unknown:
            name = short(unknown[0])
            raise InvalidBeat(f"The body has the unknown key '{name}'; it {_SHAPE}", field=name)
    if not isinstance(content, dict) or len(content) != 1:
        raise InvalidBeat(f"The body {_SHAPE}")


def _beat(value: object, path: str, where: dict[str, int]) -> Beat:
    if isinstance(value, list):
        return Beat(pack(value, range(len(value)), path, where))
    if isinstance(value, dict):
        return Beat(pack(list(value.values()), value, path, where), tuple(value))
    raise InvalidBeat(f"{path} must be a list of numbers or an object of named numbers", **where)


def load(body: bytes) -> Any:
    """Read a body as JSON.

    orjson is two to four times as fast as the standard library, but silently keeps the last of two equal keys and
    reports less about an error. Its result is used only if it has as many strings as the body has pairs of quotes, so
    that no key was dropped; otherwise the standard library reads the body again.

    Raises:
        InvalidBeat: The body is not JSON in UTF-8, or an object has a key twice.
    """
    quotes = body.count(b'"')
    with suppress(orjson.JSONDecodeError, RecursionError):
        content = orjson.loads(body)
        if quotes == 2 or quotes == 2 * _strings(content):  # two quotes are one string, so there are no equal keys
            return content
    return load_carefully(body)


def load_carefully(body: bytes) -> Any:
    """Read a body as JSON like `load`, but only with the standard library."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_without_duplicates)
    except json.JSONDecodeError as error:
        raise InvalidBeat(f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise InvalidBeat(f"Not JSON: byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise InvalidBeat("The JSON is nested too deeply") from None
    except ValueError:  # Python's limit on the digits of an integer
        raise InvalidBeat("A number in the JSON has too many digits") from None


def object_of(value: object, known: Collection[str], path: str) -> dict[str, Any]:
    """Return `value` if it is a JSON object whose keys are all in `known`.

    Raises:
        InvalidBeat: It is not; the message names it `path`.
    """
    if not isinstance(value, dict):
        raise InvalidBeat(f"{path} must be a JSON object", field=path)
    unknown = [key for key in value if key not in known]
    if unknown:
        name, keys = short(unknown[0]), ", ".join(f"'{key}'" for key in known)
        raise InvalidBeat(f"{path} has the unknown key '{name}'; known are {keys}", field=name)
    return value


def _strings(value: object) -> int:
    """Count keys and texts, or fewer: a list that begins with a number is assumed to have only numbers."""
    if isinstance(value, str):
        return 1
    if isinstance(value, dict):
        return len(value) + sum(map(_strings, value.values()))
    if isinstance(value, list) and value and isinstance(value[0], str | list | dict):
        return sum(map(_strings, value))
    return 0


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise InvalidBeat("A key occurs twice in the same JSON object")
    return content
