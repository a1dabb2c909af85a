"""HTTP: protocol, request lifecycle, request body, fast path, bridge to Flask, error responses."""
