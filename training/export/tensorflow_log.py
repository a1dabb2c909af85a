"""Hides TensorFlow's informational log lines on stderr."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

import tensorflow as tf

# The symbol of the Abseil release in TensorFlow 2.20; with another release the lines are shown.
SET_MINIMUM = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
WARNING = 1


def hide_information() -> None:
    """Hide TensorFlow's informational lines, unless TF_CPP_MIN_LOG_LEVEL is 0.

    TF_CPP_MIN_LOG_LEVEL works only for lines that TensorFlow writes itself. The lines that it writes with Abseil (such
    as one at the first session of a process) have their own level, which has no Python API.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") == "0":
        return
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(str(Path(tf.__file__).with_name("libtensorflow_framework.so.2")))
        set_minimum = getattr(library, SET_MINIMUM)
        set_minimum.argtypes, set_minimum.restype = [ctypes.c_int], None
        set_minimum(WARNING)
