"""Decides by OpenTelemetry's variables whether calls are traced. Without tracing, OpenTelemetry is not loaded.

OpenTelemetry's SDK reads the other OTEL_ variables itself, from the process environment: service name, resource
attributes, sampler, headers, time limits.
"""

from collections.abc import Iterable, Mapping
from math import nan
from typing import TYPE_CHECKING, Final, Literal, cast

if TYPE_CHECKING:
    from serving.telemetry.spans import Tracing

Protocol = Literal["http/protobuf", "grpc"]

# Checked here, because the SDK uses the default for an invalid value, and traces all calls for a wrong sampler.
_SAMPLERS: Final = ("always_on", "always_off", "traceidratio")
_KNOWN_SAMPLERS: Final = (*_SAMPLERS, *(f"parentbased_{name}" for name in _SAMPLERS))
_POSITIVE: Final = (
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_BSP_SCHEDULE_DELAY",
    "OTEL_BSP_MAX_QUEUE_SIZE",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    "OTEL_BSP_EXPORT_TIMEOUT",
)


class TracingError(Exception):
    """An OpenTelemetry variable is invalid; the message has its name, its value and the expected form."""


def export_protocol(env: Mapping[str, str]) -> Protocol | None:
    """Return the protocol for the export of spans; None if `env` has no endpoint or switches tracing off.

    Raises:
        TracingError: A variable is invalid.
    """
    name, endpoint = _first(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    _, exporter = _first(env, "OTEL_TRACES_EXPORTER")
    if not endpoint or exporter == "none" or env.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    _check("OTEL_TRACES_EXPORTER", exporter or "otlp", ("otlp", "none"))
    variable, protocol = _first(env, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    _check(variable, protocol or "http/protobuf", ("http/protobuf", "grpc"))
    if protocol != "grpc" and not endpoint.startswith(("http://", "https://")):
        raise TracingError(f"{name}={endpoint!r}: expected a URL such as http://collector:4318")
    _check_sampler(env)
    _check_positive(env, _POSITIVE)
    return cast(Protocol, protocol or "http/protobuf")


def start_tracing(protocol: Protocol | None) -> "Tracing | None":
    """Load OpenTelemetry and start the export by a protocol; return None for None.

    Raises:
        TracingError: A variable that only OpenTelemetry reads is invalid.
    """
    if protocol is None:
        return None
    from serving.telemetry.spans import Tracing, provider

    try:
        return Tracing(provider(protocol))
    except Exception as error:  # each exporter raises its own kinds
        raise TracingError(f"OpenTelemetry cannot use the OTEL_ variables: {error}") from error


def _first(env: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Return the name and value of the first variable that is not empty; an empty variable counts as unset."""
    return next(((name, env[name].strip()) for name in names if env.get(name, "").strip()), (names[-1], ""))


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise TracingError(f"{name}={value!r}: expected {' or '.join(choices)}")


def _check_sampler(env: Mapping[str, str]) -> None:
    _, sampler = _first(env, "OTEL_TRACES_SAMPLER")
    _check("OTEL_TRACES_SAMPLER", sampler.lower() or _KNOWN_SAMPLERS[0], _KNOWN_SAMPLERS)
    name, share = _first(env, "OTEL_TRACES_SAMPLER_ARG")
    if sampler.lower().endswith("traceidratio") and share and not 0 <= _number(share) <= 1:
        raise TracingError(f"{name}={share!r}: expected the share of traces to keep, from 0 to 1")


def _check_positive(env: Mapping[str, str], names: Iterable[str]) -> None:
    for name in names:
        _, text = _first(env, name)
        if text and not _number(text) > 0:
            raise TracingError(f"{name}={text!r}: expected a number above 0")


def _number(text: str) -> float:
    """Return the number in a text, NaN if it is not a number."""
    try:
        return float(text)
    except ValueError:
        return nan
