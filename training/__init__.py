"""From labelled beats to a published model version."""
