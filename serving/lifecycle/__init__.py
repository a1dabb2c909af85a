"""Which versions are configured, wanted, loaded and unloaded."""
