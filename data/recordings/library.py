"""Libraries that only reading recordings needs, imported where they are needed."""

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
