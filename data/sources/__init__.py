"""Where beats come from when there is no file yet: downloads and the generator of synthetic beats."""
