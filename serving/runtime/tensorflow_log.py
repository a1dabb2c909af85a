"""Hides TensorFlow's own log lines on stderr, because they are not JSON."""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

# The symbol of Abseil's release in TensorFlow 2.20; if it does not exist, hide_information has no effect.
SET_MINIMUM = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
WARNING = 1


def hide_information() -> None:
    """Hide the information lines that TensorFlow writes through Abseil, which TF_CPP_MIN_LOG_LEVEL does not affect.

    The first session of a process writes two of them. Call this after TensorFlow is loaded. With TF_CPP_MIN_LOG_LEVEL=0
    all lines are shown.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") == "0":
        return
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(str(Path(sys.modules["tensorflow"].__path__[0]) / "libtensorflow_framework.so.2"))
        set_minimum = getattr(library, SET_MINIMUM)
        set_minimum.argtypes, set_minimum.restype = [ctypes.c_int], None
        set_minimum(WARNING)
