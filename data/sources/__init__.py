"""Sources of beats: downloads and the generator of synthetic beats."""
