"""Labelled beats: tables, recordings, downloads and predictions.

`data.read`, `data.beats` and `data.predict` work with pandas frames; README.md has an example.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from data.client.frames import predict
    from data.frames import beats, read
else:

    def __getattr__(name: str) -> Any:
        """Import the functions for frames on first use: loading pandas takes half a second."""
        if name not in HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(HOMES[name]), name)


__all__ = ["beats", "predict", "read"]

HOMES: Final = {"beats": "data.frames", "predict": "data.client.frames", "read": "data.frames"}
