"""Other servers around the same model, each set up as its own documentation says, each with a lock file of its own."""
