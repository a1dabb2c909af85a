"""The model versions: the metrics that their training recorded, and the stores of versions."""
