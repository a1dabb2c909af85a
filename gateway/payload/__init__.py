"""Reads request bodies into beats and writes answers: JSON, float32 bytes, KServe's v2, TensorFlow Serving's REST.

Pure functions that do not depend on HTTP, gRPC or the other packages of the gateway.
"""
