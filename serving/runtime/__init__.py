"""A SavedModel in TensorFlow: loaded, warmed up, run."""
