"""The description in the model, and the HTML report."""
