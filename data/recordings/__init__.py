"""Recordings: reading files, detecting R peaks, cutting beats, labels from annotations."""
