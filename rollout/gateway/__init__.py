"""Calls the gateway: a client with an API key, the check of recorded beats, and the counters of `/metrics`."""
