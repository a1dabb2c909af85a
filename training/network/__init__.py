"""The network: architecture, training, checkpoints, inference."""
