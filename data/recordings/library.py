"""Libraries that read recordings: imported where they are needed, and their exceptions as sentences."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from data.errors import DataError


def load(library: str, path: Path) -> ModuleType:
    """Import a library that is there only where recordings are read."""
    try:
        return import_module(library)
    except ImportError:
        raise DataError(f"{path}: reading it needs the Python package {library}; pip install {library}") from None


class told:
    """Turns what a library says of a damaged file into a DataError."""

    def __init__(self, path: Path, kind: str) -> None:
        self._path, self._kind = path, kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{self._path}: cannot be read as {self._kind} ({reason}); is a file missing or cut short?")
