"""The gateway: a client with its API key, the recorded beats, and the counters of its `/metrics`."""
