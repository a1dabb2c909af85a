"""Whether validation rows are enough to stop a training by."""

from typing import Final

from training.dataset.shards import Rows

FEW: Final = 50  # rows, below which chance says when the training stops
FEW_OF_CLASS: Final = 5


def too_few_to_stop_by(validation: Rows) -> bool:
    """Whether these are less than 50 rows, or less than 5 of a class.

    Of 23 rows of the UCR archive's TwoLeadECG, four validate: stopped by them, accuracy was 0.62 to 0.89 by seed.
    """
    return len(validation) < FEW or min(validation.counts) < FEW_OF_CLASS
