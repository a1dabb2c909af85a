"""Request bodies to beats and answers to response bodies: JSON, float32 bytes, KServe's and TensorFlow Serving's REST.

Pure functions: nothing here knows HTTP, gRPC, or the other parts of the gateway.
"""
