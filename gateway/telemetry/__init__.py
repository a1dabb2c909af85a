"""Logs, metrics and drift."""
