"""Replaces TensorFlow's top-level module, whose code costs seconds and 250 MB that a server does not need."""

import importlib.util
import sys


def use_slim_tensorflow() -> None:
    """Make `import tensorflow.x.y` load only that module and its dependencies; no effect after a full import."""
    if "tensorflow" in sys.modules:
        return
    spec = importlib.util.find_spec("tensorflow")
    if spec is None:
        raise ModuleNotFoundError("TensorFlow is not installed: pip install -r serving/requirements.txt")
    # a module with TensorFlow's path, whose code is not executed
    sys.modules["tensorflow"] = importlib.util.module_from_spec(spec)
