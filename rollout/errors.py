"""The errors of a rollout, each with a message for people. They are independent of HTTP and Kubernetes' codes.

RolloutError
├── Refused        the gate refuses the candidate: it is worse, or cannot be compared
├── Busy           another version is being promoted
├── Faulty         the candidate crashed, or its answers differ from the recorded ones
├── NotAnswering   no answer at the moment; a retry may succeed
├── Overtaken      somebody else changed the promotion meanwhile; that change stays
├── Conflict       somebody else changed the Deployment after it was read
├── NotAllowed     the account lacks a permission
├── Drifted        the beats of the requests differ from the training beats
└── NotThere       the object does not exist
"""


class RolloutError(Exception):
    """Base class; the message says what was wrong and what to do."""


class Refused(RolloutError):
    """The gate refuses the candidate."""


class Busy(RolloutError):
    """Another version is being promoted; only one may be at a time."""


class Faulty(RolloutError):
    """The candidate crashed, or its answers differ from those that its training recorded."""


class NotAnswering(RolloutError):
    """No answer at the moment; a retry may succeed."""


class Overtaken(RolloutError):
    """Somebody else changed the promotion meanwhile; that change stays."""


class Conflict(RolloutError):
    """The Deployment changed after it was read: read it again and decide anew."""


class NotAllowed(RolloutError):
    """The account lacks a permission."""


class NotThere(RolloutError):
    """The object does not exist."""


class Drifted(RolloutError):
    """The beats of the requests differ from the version's training beats."""
