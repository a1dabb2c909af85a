"""Which model version is served: promoting a candidate behind a gate, watching it, and going back."""
