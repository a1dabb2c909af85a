"""From a request's bytes to packed float32 beats. Past this module every value is finite and a float32."""

import json
import re
from array import array
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import orjson

from gateway.errors import InvalidBeat, Misfit, TooManyBeats
from gateway.model import ServedModel
from gateway.payload.binary import Packed, all_finite

LARGE: Final = 2**16  # bytes
_BATCH: Final = re.compile(rb'\s*\{\s*"instances"\s*:\s*\[\s*\[')
_JSON_NAMES: Final = {bool: "a boolean", str: "a string", type(None): "null", list: "a list", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Beat:
    """The values of one beat as float32, and their names if the caller gave names."""

    values: "array[float]"
    names: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Beats:
    """The beats of one request, at least one; `batch` tells a list of beats from a single one."""

    beats: tuple[Beat, ...]
    batch: bool

    @property
    def named(self) -> bool:
        """Whether any beat depends on the names that the served model gives its features."""
        return any(beat.names is not None for beat in self.beats)

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return sum(4 * len(beat.values) for beat in self.beats)

    def fit(self, model: ServedModel) -> bytes:
        """Give the values, row after row, in the order of `model`; raise Misfit if they are not its features."""
        rows = []
        for number, beat in enumerate(self.beats):
            where = {"instance": number} if self.batch else {}
            values = beat.values if beat.names is None else _in_order(beat, beat.names, model, where)
            if len(values) != model.width:
                raise Misfit(f"{_path(where)} has {len(values)} values; the model takes {model.width}", **where)
            rows.append(values)
        return b"".join(rows)


AnyBeats = Beats | Packed


def parse(body: bytes, max_batch: int) -> Beats:
    """Read `{"features": beat}` or `{"instances": [beat, ...]}`; raise InvalidBeat or TooManyBeats."""
    if len(body) > LARGE and (rows := _rows(body)) and len(rows) <= max_batch:
        with suppress(orjson.JSONDecodeError):
            return Beats(tuple(_beat(orjson.loads(row), {"instance": n}) for n, row in enumerate(rows)), batch=True)
    content = _load(body)
    if not isinstance(content, dict) or len(content) != 1 or not content.keys() <= {"features", "instances"}:
        raise InvalidBeat('The body must be {"features": [...]} or {"instances": [[...], ...]} and nothing else')
    if "features" in content:
        return Beats((_beat(content["features"], {}),), batch=False)
    instances = content["instances"]
    if not isinstance(instances, list) or not instances:
        raise InvalidBeat("'instances' must be a list of at least one beat", field="instances")
    if len(instances) > max_batch:
        raise TooManyBeats(f"'instances' has {len(instances)} beats; at most {max_batch} are taken at once")
    return Beats(tuple(_beat(beat, {"instance": number}) for number, beat in enumerate(instances)), batch=True)


def _rows(body: bytes) -> list[bytes]:
    """Cut a batch of plain lists into these; nothing if it is anything else, which is no verdict.

    To read half a million numbers at once takes three times as long as a beat at a time, and much memory.
    """
    start = _BATCH.match(body)
    first, *others = body[start.end() :].split(b"]") if start else [b""]
    if len(others) < 2 or (others[-2] + others[-1]).strip() != b"}":
        return []
    cut = [piece.partition(b"[") for piece in others[:-2]]
    if any(comma.strip() != b"," for comma, _, _ in cut):
        return []
    return [b"[" + row + b"]" for row in (first, *(row for _, _, row in cut))]


def _load(body: bytes) -> object:
    # With two quotes there is one key and no text, and nothing that only the careful way finds: a key that is there
    # twice, or what is wrong and where.
    if body.count(b'"') == 2:
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
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


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise InvalidBeat("A key occurs twice in the same JSON object")
    return content


def _beat(value: object, where: dict[str, int]) -> Beat:
    if isinstance(value, list):
        return Beat(_pack(value, range(len(value)), where), None)
    if isinstance(value, dict):
        return Beat(_pack(list(value.values()), value, where), tuple(value))
    raise InvalidBeat(f"{_path(where)} must be a list of numbers or an object of named numbers", **where)


def _pack(values: list[Any], keys: Iterable[int | str], where: dict[str, int]) -> "array[float]":
    """Pack in one pass at the speed of C; only when that fails look for the value to blame."""
    packed = _float32(values)
    if packed is None or not all_finite(packed.tobytes()) or bool in map(type, values):
        raise _blame(values, keys, where)
    return packed


def _float32(values: list[Any]) -> "array[float] | None":
    try:
        return array("f", values)
    except (TypeError, OverflowError):  # no number, or an integer beyond float64
        return None


def _blame(values: list[Any], keys: Iterable[int | str], where: dict[str, int]) -> InvalidBeat:
    for key, value in zip(keys, values, strict=True):
        if type(value) not in (int, float):
            problem = f"is {_JSON_NAMES[type(value)]}, not a number"
        elif (packed := _float32([value])) is None or not isfinite(packed[0]):
            problem = "is not a finite float32"
        else:
            continue
        position: dict[str, int | str] = {"index": key} if isinstance(key, int) else {"field": _short(key)}
        shown = f"[{key}]" if isinstance(key, int) else f"['{_short(key)}']"
        return InvalidBeat(f"{_path(where)}{shown} {problem}", **where, **position)
    raise AssertionError("blamed without a reason")


def _in_order(beat: Beat, names: tuple[str, ...], model: ServedModel, where: dict[str, int]) -> "array[float]":
    if model.feature_names is None:
        raise Misfit("The served model does not name its features: send a list", **where)
    if names == model.feature_names:
        return beat.values
    value_of = dict(zip(names, beat.values, strict=True))
    wanted = dict.fromkeys(model.feature_names)
    missing = [name for name in wanted if name not in value_of]
    unknown = [name for name in names if name not in wanted]
    if missing or unknown:
        lists = [f"{what} {_listed(those)}" for what, those in (("lacks", missing), ("has unknown", unknown)) if those]
        first = _short((missing or unknown)[0])
        raise Misfit(f"{_path(where)} {' and '.join(lists)}", **where, field=first)
    return array("f", map(value_of.__getitem__, wanted))


def _path(where: dict[str, int]) -> str:
    return f"instances[{where['instance']}]" if where else "features"


def _short(name: str) -> str:
    return name if len(name) <= 40 else name[:37] + "..."


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{_short(name)}'" for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
