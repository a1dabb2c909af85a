"""The beats of one request, read and checked: every value is finite and a float32."""

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
    """The values of one beat as float32, and their names if the caller gave names."""

    values: "array[float]"
    names: tuple[str, ...] | None = None
    batch: ClassVar[bool] = False

    @property
    def named(self) -> bool:
        """Whether the beat depends on the names that the served model gives its features."""
        return self.names is not None

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return 4 * len(self.values)

    def fit(self, model: ServedModel, path: str = "features", **where: int) -> bytes:
        """Give the values in the order of `model`, as float32 bytes.

        Raises Misfit if they are not its features; the message names the beat as `path`, and the error has `where`.
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
    """The beats of one request, at least one; `batch` tells a list of beats from a single one.

    `path` is the list's name in error messages.
    """

    beats: tuple[Beat, ...]
    batch: bool
    path: str = "instances"

    @property
    def named(self) -> bool:
        """Whether any beat depends on the names that the served model gives its features."""
        return any(beat.names is not None for beat in self.beats)

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return sum(beat.size for beat in self.beats)

    @property
    def count(self) -> int:
        """Number of beats."""
        return len(self.beats)

    @property
    def width(self) -> int:
        """Values of the first beat."""
        return len(self.beats[0].values)

    def fit(self, model: ServedModel) -> bytes:
        """Give the values, row after row, in the order of `model`; raise Misfit if they are not its features."""
        if not self.batch:
            return self.beats[0].fit(model)
        return b"".join(
            beat.fit(model, f"{self.path}[{number}]", instance=number) for number, beat in enumerate(self.beats)
        )


@dataclass(frozen=True, slots=True)
class Matrix:
    """A batch of `count` plain beats of one length, at least one: float32 bytes, row after row.

    `path` is the batch's name in error messages.
    """

    values: bytes
    count: int
    path: str = "instances"
    batch: ClassVar[bool] = True
    named: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return len(self.values)

    @property
    def width(self) -> int:
        """Values of each beat."""
        return len(self.values) // (4 * self.count)

    @property
    def beats(self) -> tuple[Beat, ...]:
        """The rows as beats of their own, for a batch that is joined with others."""
        row = 4 * self.width
        return tuple(Beat(array("f", self.values[at : at + row])) for at in range(0, row * self.count, row))

    def fit(self, model: ServedModel) -> bytes:
        """Give the values; raise Misfit if the beats are not as long as `model` takes."""
        if self.width != model.width:
            raise Misfit(f"{self.path}[0] has {self.width} values; the model takes {model.width}", instance=0)
        return self.values


JsonBeats = Beats | Matrix
AnyBeats = JsonBeats | Float32Rows


def join(requests: Sequence[JsonBeats]) -> JsonBeats:
    """Give the beats of several requests as one batch, in their order."""
    if len(requests) == 1:
        return requests[0]
    matrices = [request for request in requests if isinstance(request, Matrix)]
    if len(matrices) == len(requests) and len({matrix.width for matrix in matrices}) == 1:
        return Matrix(b"".join(matrix.values for matrix in matrices), sum(matrix.count for matrix in matrices))
    return Beats(tuple(chain.from_iterable(request.beats for request in requests)), batch=True)


def too_many(count: int, max_batch: int, path: str = "instances") -> TooManyBeats:
    """Make the error for a list of more than `max_batch` beats; `path` is the list's name."""
    return TooManyBeats(f"'{path}' has {count} beats; at most {max_batch} are taken at once")


def short(name: str) -> str:
    """Shorten a caller's name to the 40 characters that a message and an error's `field` show of it."""
    return name if len(name) <= 40 else name[:37] + "..."


def _listed(names: Iterable[str]) -> str:
    quoted = [f"'{short(name)}'" for name in names]
    shown = ", ".join(quoted[:3])
    return shown if len(quoted) <= 3 else f"{shown} and {len(quoted) - 3} more"
