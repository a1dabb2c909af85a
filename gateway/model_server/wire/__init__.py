"""The TensorFlow Serving messages that the gateway uses; `make protos` generates them from serving.proto."""
