"""The decisions, all pure functions: the gate, the canary analysis, and drift."""
