"""Recordings as text: header lines, times and rates, samples."""
