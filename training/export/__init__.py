"""The SavedModel: signatures, writing, checking."""
