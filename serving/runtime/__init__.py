"""Loads, warms up and runs SavedModels in TensorFlow."""
