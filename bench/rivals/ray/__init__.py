"""One of them."""
