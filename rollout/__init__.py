"""Decides which model version is served: promotes a candidate through a gate, watches it, and goes back."""
