"""The error for invalid input data, with a message for the person who supplied it."""


class DataError(ValueError):
    """Invalid input data. The message names file, line and column where they apply, and says what to do."""
