"""The states of a version, and the rule for the order of loads and unloads."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Generic, TypeVar

from serving.errors import ServingError

S = TypeVar("S")


class State(IntEnum):
    """The states of GetModelStatus, with its numbers."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(eq=False, slots=True)
class Version(Generic[S]):
    """One version of a model: its path, whether it is wanted (`aspired`), and its state."""

    model: str
    number: int
    path: Path
    aspired: bool = True
    state: State = State.START
    error: ServingError | None = None
    servable: S | None = None
    users: int = 0  # requests that hold the servable


def next_to_move(versions: Iterable[Version[S]]) -> Version[S] | None:
    """Return the next version to load (in state START) or to unload (AVAILABLE), or None.

    A version stays AVAILABLE while its successor loads: the last unwanted version is unloaded only when a wanted one is
    AVAILABLE, or when none is wanted.
    """
    versions = list(versions)
    aspired = [version for version in versions if version.aspired]
    unwanted = [version for version in versions if not version.aspired and version.state is State.AVAILABLE]
    replaced = any(version.state is State.AVAILABLE for version in aspired)
    if unwanted and (not aspired or replaced or len(unwanted) > 1):
        return min(unwanted, key=lambda version: version.number)
    new = [version for version in aspired if version.state is State.START]
    return max(new, key=lambda version: version.number, default=None)
