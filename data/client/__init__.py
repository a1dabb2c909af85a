"""A client of the gateway: predictions for a file of beats."""
