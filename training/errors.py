"""What can go wrong between the data and a published version, each with a sentence for people."""


class TrainingError(Exception):
    """Training cannot go on; the message says what was wrong and what to do."""


class PublishError(TrainingError):
    """The trained model must not, or cannot, become a version; nothing was published."""


class ComparisonError(TrainingError):
    """Another version cannot be judged by these beats; the message says why."""


class WorkerLostError(TrainingError):
    """Another worker of the same training is gone; all must be started again."""
