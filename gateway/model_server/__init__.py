"""The model server as the gateway calls it: endpoints, failover, TensorFlow Serving's messages."""
