"""The errors of training and publishing, each with a message for people."""


class TrainingError(Exception):
    """Training cannot continue; the message says what was wrong and what to do."""


class PublishError(TrainingError):
    """The trained model failed a check or could not be written; nothing was published."""


class ComparisonError(TrainingError):
    """Another version cannot be evaluated on these beats; the message says why."""


class WorkerLostError(TrainingError):
    """Another worker of the same training was lost; all must be started again."""
