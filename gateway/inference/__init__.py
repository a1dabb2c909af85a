"""Predictions: micro-batches, version routing, following the served model, the shadow."""
