"""HTTP: the protocol, the request body within limits, the fast path, errors as answers."""
