"""Imports libraries that are only needed to read recordings."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

from data.errors import DataError


def load(library: str, path: Path) -> ModuleType:
    """Import an optional library. Raises DataError, which says how to install it, if it is missing."""
    try:
        return import_module(library)
    except ImportError:
        raise DataError(f"{path}: reading it needs the Python package {library}; pip install {library}") from None
