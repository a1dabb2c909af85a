"""Stands in for TensorFlow's package module, whose own code costs seconds and 250 MB that a server does not need."""

import importlib.util
import sys


def use_slim_tensorflow() -> None:
    """Make `import tensorflow.x.y` load just that module and what it needs; no effect after a full import."""
    if "tensorflow" in sys.modules:
        return
    spec = importlib.util.find_spec("tensorflow")
    if spec is None:
        raise ModuleNotFoundError("TensorFlow is not installed: pip install -r serving/requirements.txt")
    # the module with its path, but without running its code
    sys.modules["tensorflow"] = importlib.util.module_from_spec(spec)
