"""TensorFlow's talk on stderr, of which only warnings and errors are for people."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

import tensorflow as tf

# Of the Abseil release in TensorFlow 2.20; any other name is left alone, and its lines are shown.
SET_MINIMUM = "_ZN4absl12lts_2025012714SetMinLogLevelENS0_18LogSeverityAtLeastE"
WARNING = 1


def hide_information() -> None:
    """Leave out TensorFlow's lines of information, unless TF_CPP_MIN_LOG_LEVEL asks for them.

    TF_CPP_MIN_LOG_LEVEL does so for lines that TensorFlow writes itself; those that it writes by Abseil (one at the
    first session of a process, and a warning that it is the first) have a level of their own, without a name in Python.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") == "0":
        return
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(str(Path(tf.__file__).with_name("libtensorflow_framework.so.2")))
        set_minimum = getattr(library, SET_MINIMUM)
        set_minimum.argtypes, set_minimum.restype = [ctypes.c_int], None
        set_minimum(WARNING)
