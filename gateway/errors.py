"""What can go wrong, in the gateway's own terms: no error here knows HTTP or gRPC.

GatewayError
├── InvalidBeat        the caller sent something that is not a beat
│   └── Misfit         it is one, but not for the served model
├── VersionNotFound    the caller asked for a model version that no model server has AVAILABLE
├── TooManyBeats       more beats in a batch than allowed
├── Unsupported        the model version that was asked lacks what the request needs
├── BodyIncomplete     the caller went away before all of it had come
├── BodyTooSlow        the caller did not send all of it in time
├── Unauthorized       the caller has no key, or one that is not known
├── TooManyRequests    the caller asks more often than its key may
├── ModelNotReady      no model server, or none with a version loaded
├── ModelOverloaded    the model server has no room for the request
├── ModelTooSlow       no answer before the deadline
├── ModelFailed        the model server broke
└── ContractBroken     the served model is not the kind that the gateway can read
"""


class GatewayError(Exception):
    """Base of all: `message`, `where` are for the caller; `cause` is for the log and never holds a value of a beat."""

    code = "internal_error"  # the word for it in answers, logs and metrics
    version: int | None = None  # the model version that was asked, if it was chosen

    def __init__(self, message: str, *, cause: str = "", **where: object) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.where = where


class InvalidBeat(GatewayError):
    """The request is not a beat; `where` has `instance`, `index` or `field` when they are known."""

    code = "invalid_request"

    def __init__(self, message: str, **where: int | str) -> None:
        super().__init__(message, cause="", **where)


class Misfit(InvalidBeat):
    """Finite numbers, but not as many, or not by the names, that the served model takes."""


class VersionNotFound(GatewayError):
    """No model server has that version AVAILABLE; `where` has those that are, as `available`."""

    code = "version_not_found"

    def __init__(self, version: int, available: list[int]) -> None:
        named = ", ".join(map(str, available))
        super().__init__(f"No model server has version {version}; AVAILABLE are: {named}", available=available)


class TooManyBeats(GatewayError):
    """The batch is longer than the setting allows."""

    code = "too_many_beats"


class Unsupported(GatewayError):
    """A model version has not the signature that a request needs; other requests it can answer."""

    code = "not_supported"

    def __init__(self, version: int, signature: str) -> None:
        super().__init__(
            f"Version {version} of the model has no signature '{signature}', which this request needs; "
            "train and publish a version with it",
            signature=signature,
        )


class BodyIncomplete(GatewayError):
    """The caller went away before all of the request had come."""

    code = "body_incomplete"


class BodyTooSlow(GatewayError):
    """The request did not come in time."""

    code = "body_too_slow"


class Unauthorized(GatewayError):
    """The caller must show a key that is known."""

    code = "unauthorized"


class TooManyRequests(GatewayError):
    """A key is used more often than it may; it may be used again after `seconds`."""

    code = "too_many_requests"

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"The key '{name}' is used more often than it may; try again later")
        self.name = name
        self.seconds = seconds


class ModelNotReady(GatewayError):
    """Nothing can answer at the moment; trying again may help."""

    code = "model_not_ready"


class ModelOverloaded(GatewayError):
    """The model server refuses more work at the moment."""

    code = "model_overloaded"


class ModelTooSlow(GatewayError):
    """The deadline passed without an answer."""

    code = "model_too_slow"


class ModelFailed(GatewayError):
    """The model server answered with a failure of its own, or with numbers that are none."""

    code = "model_failed"


class ContractBroken(GatewayError):
    """The model server refuses what fits its signature, or its model lacks what the gateway reads."""

    code = "contract_broken"
