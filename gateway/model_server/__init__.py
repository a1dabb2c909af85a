"""Calls model servers: endpoint discovery, failover, TensorFlow Serving's messages."""
