"""What can go wrong, in the gateway's own terms: no error here knows HTTP or gRPC.

GatewayError
├── InvalidBeat        the caller sent something that is not a beat
│   └── Misfit         it is a beat, but not one that the served model takes
├── NotHere            the path is answered on another listener
├── VersionNotFound    the caller asked for a model version that no model server has AVAILABLE
├── ModelNotFound      a path names another model than the served one
├── LabelNotFound      no model version has the label of the path
├── TooManyBeats       more beats in a batch than allowed
├── Unsupported        the model version that was asked lacks what the request needs
├── BodyIncomplete     the connection ended before the body did
├── BodyTooSlow        the body did not come in time
├── BodyTooLarge       the body is larger than allowed
├── NoSuchPath         nothing is at that path
├── MethodNotAllowed   the path takes other methods
├── UnsupportedMediaType  the body is of a kind that is not read here
├── Unauthorized       the request has no API key, or an unknown one
├── TooManyRequests    the API key has used up its rate limit
├── ModelNotReady      no model server answers, or no version is loaded
├── ModelOverloaded    the model server has no room for the request
├── ModelTooSlow       no answer before the deadline
├── ModelFailed        the model server broke
│   └── NotFinite      it answered for a beat with a value that is not finite
└── ContractBroken     the served model is not the kind that the gateway can read
"""

from collections.abc import Sequence
from typing import Final

UNFORESEEN: Final = "internal_error"


class GatewayError(Exception):
    """Base of all: `message`, `where` are for the caller; `cause` is for the log and never holds a value of a beat."""

    code = UNFORESEEN  # the word for it in answers, logs and metrics
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


class NotHere(GatewayError):
    """The path is not answered on the listener that was asked."""

    code = "not_found"


class VersionNotFound(GatewayError):
    """No model server has that version AVAILABLE; `where` has those that are, as `available`."""

    code = "version_not_found"

    def __init__(self, version: int, available: list[int]) -> None:
        named = ", ".join(map(str, available))
        super().__init__(f"No model server has version {version}; AVAILABLE are: {named}", available=available)


class ModelNotFound(GatewayError):
    """A path names another model than the one that is served here."""

    code = "model_not_found"

    def __init__(self, name: str, served: str) -> None:
        super().__init__(f"The model '{name[:40]}' is not served here; '{served}' is", model=served)


class LabelNotFound(GatewayError):
    """No model version has that label."""

    code = "label_not_found"

    def __init__(self, label: str) -> None:
        super().__init__(f"No version of the model has the label '{label[:40]}'", label=label[:40])


class TooManyBeats(GatewayError):
    """The batch is longer than the setting allows."""

    code = "too_many_beats"


class Unsupported(GatewayError):
    """A model version lacks the signature that a request needs; it can answer other requests."""

    code = "not_supported"

    def __init__(self, version: int, signature: str) -> None:
        super().__init__(
            f"Version {version} of the model has no signature '{signature}', which this request needs; "
            "train and publish a version with it",
            signature=signature,
        )


class BodyIncomplete(GatewayError):
    """The connection ended before the body did."""

    code = "body_incomplete"


class BodyTooSlow(GatewayError):
    """The request did not come in time."""

    code = "body_too_slow"


class BodyTooLarge(GatewayError):
    """The body, as it was sent or unpacked, has more than `limit` bytes."""

    code = "request_entity_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than the {limit} bytes that this gateway takes", limit=limit)


class NoSuchPath(GatewayError):
    """Nothing is at that path."""

    code = "not_found"

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(f"Nothing is at this path; the API's paths are {', '.join(paths)}")


class MethodNotAllowed(GatewayError):
    """The path takes other methods, those `allowed`."""

    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"This path takes {', '.join(allowed)}")
        self.allowed = allowed


class UnsupportedMediaType(GatewayError):
    """The gateway does not read this media type, charset or content encoding; `where` has the header as `field`."""

    code = "unsupported_media_type"


class Unauthorized(GatewayError):
    """The request needs a known API key."""

    code = "unauthorized"


class TooManyRequests(GatewayError):
    """An API key has used up its rate limit; it may be used again after `seconds`."""

    code = "too_many_requests"

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"The API key '{name}' has used up its rate limit; try again later")
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
    """The model server answered with a failure of its own, or with values that are not finite."""

    code = "model_failed"


class NotFinite(ModelFailed):
    """A version of the model answered for the beat `row` with a value of `output` that is not finite."""

    def __init__(self, version: int, output: str, row: int) -> None:
        super().__init__(f"Version {version} of the model answered with '{output}' that is not finite")
        self.row = row


class ContractBroken(GatewayError):
    """The model server refuses what fits its signature, or its model lacks what the gateway reads."""

    code = "contract_broken"
