"""Labelled beats: read, split into training, validation and test, kept in shards, streamed as batches."""
