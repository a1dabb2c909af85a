"""A model server that speaks TensorFlow Serving's gRPC and REST on TensorFlow's Python build."""
