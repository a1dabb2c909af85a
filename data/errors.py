"""What is wrong with the data, in one sentence for the person who supplied it."""


class DataError(ValueError):
    """One sentence that names file, line and column as far as they apply, and what to do."""
