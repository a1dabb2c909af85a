"""From labelled beats to a published model version."""

import os

# TensorFlow reads this once, when it is loaded; every module here that loads it imports this package first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
