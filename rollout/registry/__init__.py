"""Model versions as images: how one is packed, and the registry that keeps them."""
