"""Distributed training by several workers."""
