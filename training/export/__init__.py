"""The SavedModel: signatures, writing and checking."""
