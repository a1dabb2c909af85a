"""The gateway's errors. They are independent of HTTP and gRPC.

GatewayError
├── InvalidBeat        the request has no valid beat
│   └── Misfit         the beat is valid, but does not fit the served model
├── NotHere            another listener serves the path
├── VersionNotFound    no model server has the requested version AVAILABLE
├── ModelNotFound      the path names another model than the served one
├── LabelNotFound      no model version has the label of the path
├── TooManyBeats       the batch has more beats than allowed
├── Unsupported        the model version lacks a signature that the request needs
├── BodyIncomplete     the connection closed before the whole body arrived
├── BodyTooSlow        the body did not arrive in time
├── BodyTooLarge       the body is larger than allowed
├── NoSuchPath         the path does not exist
├── MethodNotAllowed   the path does not support the method
├── UnsupportedMediaType  the media type, charset or content encoding is not supported
├── Unauthorized       the request has no API key, or an unknown one
├── TooManyRequests    the API key has used up its rate limit
├── ModelNotReady      no model server answers, or no version is loaded
├── ModelOverloaded    the model server has no capacity for the request
├── ModelTooSlow       no answer before the deadline
├── ModelFailed        the model server failed
│   └── NotFinite      its answer for a beat has a value that is not finite
└── ContractBroken     the served model does not follow the contract that the gateway reads
"""

from collections.abc import Sequence
from typing import Final

UNFORESEEN: Final = "internal_error"


class GatewayError(Exception):
    """Base class. The caller gets `message` and `where`; `cause` is for the log and never has a value of a beat."""

    code = UNFORESEEN  # names the error in answers, logs and metrics
    version: int | None = None  # the model version that was called, if one was chosen

    def __init__(self, message: str, *, cause: str = "", **where: object) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.where = where


class InvalidBeat(GatewayError):
    """The request has no valid beat; `where` has `instance`, `index` or `field` when they are known."""

    code = "invalid_request"

    def __init__(self, message: str, **where: int | str) -> None:
        super().__init__(message, cause="", **where)


class Misfit(InvalidBeat):
    """The values are finite, but their number or their names do not fit the served model."""


class NotHere(GatewayError):
    """Another listener serves the path."""

    code = "not_found"


class VersionNotFound(GatewayError):
    """No model server has that version AVAILABLE; `where` lists the AVAILABLE versions as `available`."""

    code = "version_not_found"

    def __init__(self, version: int, available: list[int]) -> None:
        named = ", ".join(map(str, available))
        super().__init__(f"No model server has version {version}; AVAILABLE versions: {named}", available=available)


class ModelNotFound(GatewayError):
    """The path names another model than the served one."""

    code = "model_not_found"

    def __init__(self, name: str, served: str) -> None:
        super().__init__(f"The model '{name[:40]}' is not served here; the served model is '{served}'", model=served)


class LabelNotFound(GatewayError):
    """No model version has that label."""

    code = "label_not_found"

    def __init__(self, label: str) -> None:
        super().__init__(f"No version of the model has the label '{label[:40]}'", label=label[:40])


class TooManyBeats(GatewayError):
    """The batch is longer than the setting allows."""

    code = "too_many_beats"


class Unsupported(GatewayError):
    """The model version lacks the signature that the request needs; it can answer other requests."""

    code = "not_supported"

    def __init__(self, version: int, signature: str) -> None:
        super().__init__(
            f"Version {version} of the model has no signature '{signature}', which this request needs; "
            "train and publish a version with it",
            signature=signature,
        )


class BodyIncomplete(GatewayError):
    """The connection closed before the whole body arrived."""

    code = "body_incomplete"


class BodyTooSlow(GatewayError):
    """The body did not arrive in time."""

    code = "body_too_slow"


class BodyTooLarge(GatewayError):
    """The body has more than `limit` bytes, as sent or after unpacking."""

    code = "request_entity_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than this gateway's limit of {limit} bytes", limit=limit)


class NoSuchPath(GatewayError):
    """The path does not exist."""

    code = "not_found"

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__(f"This path does not exist; the API's paths are {', '.join(paths)}")


class MethodNotAllowed(GatewayError):
    """The path supports only the methods in `allowed`."""

    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"This path supports only {', '.join(allowed)}")
        self.allowed = allowed


class UnsupportedMediaType(GatewayError):
    """The media type, charset or content encoding is not supported; `where` has the header's name as `field`."""

    code = "unsupported_media_type"


class Unauthorized(GatewayError):
    """The request needs a known API key."""

    code = "unauthorized"


class TooManyRequests(GatewayError):
    """The API key called `name` has used up its rate limit; it may be used again after `seconds`."""

    code = "too_many_requests"

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"The API key '{name}' has used up its rate limit; try again later")
        self.name = name
        self.seconds = seconds


class ModelNotReady(GatewayError):
    """No model server can answer at the moment; a retry may succeed."""

    code = "model_not_ready"


class ModelOverloaded(GatewayError):
    """The model server, or the queue for it, has no capacity at the moment."""

    code = "model_overloaded"


class ModelTooSlow(GatewayError):
    """The deadline passed without an answer."""

    code = "model_too_slow"


class ModelFailed(GatewayError):
    """The model server failed, or answered with values that are not finite."""

    code = "model_failed"


class NotFinite(ModelFailed):
    """The version's answer for the beat number `row` has a value in `output` that is not finite."""

    def __init__(self, version: int, output: str, row: int) -> None:
        super().__init__(f"Version {version} of the model answered with a value of '{output}' that is not finite")
        self.row = row


class ContractBroken(GatewayError):
    """The model server refuses a request that fits its signature, or the model lacks what the gateway reads."""

    code = "contract_broken"
