"""TensorFlow's own lines on stderr, among which the server's are JSON."""

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

# Of the Abseil release in TensorFlow 2.20; where the name is another one, nothing changes.
SET_MINIMUM = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
WARNING = 1


def hide_information() -> None:
    """Leave out the lines of information that TensorFlow writes by Abseil, which TF_CPP_MIN_LOG_LEVEL does not reach.

    Two are written at the first session of a process. Called after TensorFlow is loaded; with that variable at 0 all
    lines are shown.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") == "0":
        return
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(str(Path(sys.modules["tensorflow"].__path__[0]) / "libtensorflow_framework.so.2"))
        set_minimum = getattr(library, SET_MINIMUM)
        set_minimum.argtypes, set_minimum.restype = [ctypes.c_int], None
        set_minimum(WARNING)
