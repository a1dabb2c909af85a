"""The out-of-distribution (OOD) score."""
