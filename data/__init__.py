"""Labelled beats: the one reader of them, the download of public ones and the generator of synthetic ones."""
