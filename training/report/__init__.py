"""The description in the model, and the report for people."""
