"""What can go wrong, in the gateway's own terms: no error here knows HTTP or gRPC.

GatewayError
├── InvalidBeat        the caller sent something that is not a beat
│   └── Misfit         it is one, but not for the served model
├── TooManyBeats       more beats in a batch than allowed
├── ModelNotReady      no model server, or none with a version loaded
├── ModelOverloaded    the model server has no room for the request
├── ModelTooSlow       no answer before the deadline
├── ModelFailed        the model server broke
└── ContractBroken     the served model is not the kind that the gateway can read
"""


class GatewayError(Exception):
    """Base of all: `message` is for the caller; `cause` is for the log and never holds a value of a beat."""

    def __init__(self, message: str, *, cause: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause


class InvalidBeat(GatewayError):
    """The request is not a beat; `where` has `instance`, `index` or `field` when they are known."""

    def __init__(self, message: str, **where: int | str) -> None:
        super().__init__(message)
        self.where = where


class Misfit(InvalidBeat):
    """Finite numbers, but not as many, or not by the names, that the served model takes."""


class TooManyBeats(GatewayError):
    """The batch is longer than the setting allows."""


class ModelNotReady(GatewayError):
    """Nothing can answer at the moment; trying again may help."""


class ModelOverloaded(GatewayError):
    """The model server refuses more work at the moment."""


class ModelTooSlow(GatewayError):
    """The deadline passed without an answer."""


class ModelFailed(GatewayError):
    """The model server answered with a failure of its own, or with numbers that are none."""


class ContractBroken(GatewayError):
    """The model server refuses what fits its signature, or its model lacks what the gateway reads."""
