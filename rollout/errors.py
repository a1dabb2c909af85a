"""What can go wrong in a rollout, each with a sentence for people: no error here knows HTTP or a cluster's codes.

RolloutError
├── Refused        the gate's verdict: the candidate is worse, or cannot be compared
├── Busy           another candidate is on its way
├── Faulty         the candidate itself: it broke, or answers otherwise than was recorded
├── NotAnswering   nothing answers at the moment; trying again may help
├── Overtaken      somebody else decided in the meantime; what they did stands
├── Conflict       somebody else changed the Deployment in between
├── NotAllowed     the account may not do this
├── Drifted        the beats that are asked for are no longer like those of the training
└── NotThere       there is no such object
"""


class RolloutError(Exception):
    """Base of all; the message says what was wrong and what to do."""


class Refused(RolloutError):
    """The candidate must not replace the served version."""


class Busy(RolloutError):
    """Another version is being promoted; one at a time."""


class Faulty(RolloutError):
    """The candidate does not do what its training recorded."""


class NotAnswering(RolloutError):
    """Nobody answers, or not yet."""


class Overtaken(RolloutError):
    """Somebody else decided in the meantime; what they did stands."""


class Conflict(RolloutError):
    """What was decided rests on a state that is gone: read again."""


class NotAllowed(RolloutError):
    """The account lacks a permission."""


class NotThere(RolloutError):
    """What was asked for does not exist."""


class Drifted(RolloutError):
    """What is asked for is far from what the version was trained on."""
