"""The HTTP door to the model: JSON in, TensorFlow Serving's gRPC behind it, no TensorFlow in the process."""
