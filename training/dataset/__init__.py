"""Labelled beats: reading, splitting into training, validation and test, shards on disk, batches."""
