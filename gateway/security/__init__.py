"""Authentication by API keys and rate limits."""
