"""The load generator: requests at a pace, and how long each took; runs in processes of its own."""
