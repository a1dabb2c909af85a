"""The beats of one request after reading and checking: every value is a finite float32."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from gateway.errors import Misfit, TooManyBeats
from gateway.model import ServedModel
from gateway.payload.binary import Float32Rows


@dataclass(frozen=True, slots=True)
class Beat:
    """One beat: its values as float32, and their feature names if the caller sent names."""

    values: "array[float]"
    names: tuple[str, ...] | None = None
    batch: ClassVar[bool] = False

    @property
    def named(self) -> bool:
        """Whether the order of the values depends on the served model's feature names."""
        return self.names is not None

    @property
    def size(self) -> int:
        """Size of all values in bytes."""
        return 4 * len(self.values)

    def fit(self, model: ServedModel, path: str = "features", **where: int) -> bytes:
        """Return the values in the order of `model`'s features, as float32 bytes.

        Raises:
            Misfit: Their number or names do not fit the model. The message names the beat `path`; the error has
                `where`.
        """
        values = self.values if self.names is None else self._in_order(self.names, model, path, where)
        if len(values) != model.width:
            raise Misfit(f"{path} has {len(values)} values; the model takes {model.width}", **where)
        return values.tobytes()

    def _in_order(self, names: tuple[str, ...], model: ServedModel, path: str, where: dict[str, int]) -> "array[float]":
        if model.feature_names is None:
            raise Misfit("The served model does not name its features: send a list", **where)
        if names == model.feature_names:
            return self.values
        value_of = dict(zip(names, self.values, strict=True))
        wanted = dict.fromkeys(model.feature_names)
        missing = [name for name in wanted if name not in value_of]
        unknown = [name for name in names if name not in wanted]
        if missing or unknown:
            lists = [
                f"{verb} {_listed(names)}" for verb, names in (("lacks", missing), ("has unknown", unknown)) if names
            ]
            raise Misfit(f"{path} {' and '.join(lists)}", **where, field=short((missing or unknown)[0]))
        return array("f", map(value_of.__getitem__, wanted))


@dataclass(frozen=True, slots=True)
class Beats:
    """The beats of one request, at least one; `batch` is whether the request had a list of beats.

    `path` is the list's name in error messages.
    """

    beats: tuple[Beat, ...]
    batch: bool
    path: str = "instances"

    @property
    def named(self) -> bool:
        """Whether the order of any beat's values depends on the served model's feature names."""
        return any(beat.names is not None for beat in self.beats)

    @property
    def size(self) -> int:
        """Size of all values in bytes."""
        return sum(beat.size for beat in self.beats)

    @property
    def count(self) -> int:
        """Number of beats."""
        return len(self.beats)

    @property
    def width(self) -> int:
        """Number of values of the first beat."""
        return len(self.beats[0].values)

    def fit(self, model: ServedModel) -> bytes:
        """Return the values in the order of `model`'s features, as float32 bytes, row after row.

        Raises:
            Misfit: The number or the names of a beat's values do not fit the model.
        """
        if not self.batch:
            return self.beats[0].fit(model)
        return b"".join(
            beat.fit(model, f"{self.path}[{number}]", instance=number) for number, beat in enumerate(self.beats)
        )


@dataclass(frozen=True, slots=True)
class Matrix:
    """A batch of `count` unnamed beats of one length, at least one: float32 bytes, row after row.

    `path` is the batch's name in error messages.
    """

    values: bytes
    count: int
    path: str = "instances"
    batch: ClassVar[bool] = True
    named: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """Size of all values in bytes."""
        return len(self.values)

    @property
    def width(self) -> int:
        """Number of values of each beat."""
        return len(self.values) // (4 * self.count)

    @property
    def beats(self) -> tuple[Beat, ...]:
        """The rows as separate beats, to join them with other requests."""
        row = 4 * self.width
        return tuple(Beat(array("f", self.values[at : at + row])) for at in range(0, row * self.count, row))

    def fit(self, model: ServedModel) -> bytes:
        """Return the values as float32 bytes, row after row; raise Misfit if their length does not fit `model`."""
        if self.width != model.width:
            raise Misfit(f"{self.path}[0] has {self.width} values; the model takes {model.width}", instance=0)
        return self.values


JsonBeats = Beats | Matrix
AnyBeats = JsonBeats | Float32Rows


def join(requests: Sequence[JsonBeats]) -> JsonBeats:
    """Return the beats of several requests as one batch, in order."""
    if len(requests) == 1:
        return requests[0]
    matrices = [request for request in requests if isinstance(request, Matrix)]
    if len(matrices) == len(requests) and len({matrix.width for matrix in matrices}) == 1:
        return Matrix(b"".join(matrix.values for matrix in matrices), sum(matrix.count for matrix in matrices))
    return Beats(tuple(chain.from_iterable(request.beats for request in requests)), batch=True)


def too_many(count: int, max_batch: int, path: str = "instances") -> TooManyBeats:
    """Make the error for a list of more than `max_batch` beats; `path` is the list's name."""
    return TooManyBeats(f"'{path}' has {count} beats; at most {max_batch} are allowed")


def short(name: str) -> str:
    """Shorten a name that a caller sent to the 40 characters that messages and an error's `field` show."""
    return name if len(name) <= 40 else name[:37] + "..."


def _listed(names: Iterable[str]) -> str:
    quoted = [f"'{short(name)}'" for name in names]
    shown = ", ".join(quoted[:3])
    return shown if len(quoted) <= 3 else f"{shown} and {len(quoted) - 3} more"
