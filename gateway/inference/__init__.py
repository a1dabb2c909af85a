"""Predictions: micro-batches, version routing, the served model's description, the shadow."""
