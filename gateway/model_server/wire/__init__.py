"""TensorFlow Serving's messages as the gateway sends and reads them; made from serving.proto by `make protos`."""
