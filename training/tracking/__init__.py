"""Trainings recorded for TensorBoard and MLflow, which never cost the training."""
