"""Other servers with the same model, each set up by its own documentation and with its own lock file."""
