"""Logs, metrics, drift and traces."""
