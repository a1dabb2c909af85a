"""Evaluation of a network: metrics, calibration, comparison with other versions."""
