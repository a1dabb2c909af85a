"""The lifecycle of versions: which are configured and wanted, and loading and unloading them."""
