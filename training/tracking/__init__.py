"""Tracking of trainings by TensorBoard and MLflow, whose errors never stop a training."""
