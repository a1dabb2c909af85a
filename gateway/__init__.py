"""The REST gateway: accepts JSON over HTTP and calls a model server over gRPC. It does not load TensorFlow."""
