"""EDF and BDF files."""
