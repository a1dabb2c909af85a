"""Recordings of one lead: reading files, finding R peaks, cutting beats, labels from annotations."""
