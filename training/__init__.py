"""From labelled beats to a published model version."""

import os

# Read once, when TensorFlow is loaded; whatever loads it here imports this package first.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
