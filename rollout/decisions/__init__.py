"""The decisions, all pure: the gate, the analysis of a canary, and drift."""
