"""Model versions as images: packing a version, and the client of an image registry."""
