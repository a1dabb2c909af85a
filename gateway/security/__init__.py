"""Authentication by API keys, rate limits, and security headers for browsers."""
