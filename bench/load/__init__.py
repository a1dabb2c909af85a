"""The load generator, which runs in separate processes: sends requests at a given rate and measures latencies."""
