"""Recordings as text: what the head tells, times and rates, samples."""
