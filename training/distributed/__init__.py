"""Training by several workers at once."""
