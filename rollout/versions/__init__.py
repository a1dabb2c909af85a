"""The model versions: what their training recorded, and where they are stored."""
