"""Parses tensorflow_model_server's command line: the supported flags, and why the others are refused."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self

_CPUS: Final = os.cpu_count() or 1
_PROGRAM: Final = f"{os.environ.get('ECG_COMMAND', 'python -m')} serving"  # set by the launcher `ecg`
_SEE: Final = "serving/README.md explains them, and lists the flags of tensorflow_model_server that are refused."


class FlagError(Exception):
    """A flag is unknown, refused or malformed; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Flags:
    """All supported flags with their defaults; README.md documents them."""

    port: int = 8500
    grpc_socket_path: str = ""
    grpc_max_threads: int = 4 * _CPUS
    grpc_channel_arguments: str = ""
    rest_api_port: int | None = None
    rest_api_num_threads: int = 4 * _CPUS
    rest_api_timeout_in_ms: int = 30_000
    model_name: str = "default"
    model_base_path: str = ""
    model_config_file: str = ""
    model_config_file_poll_wait_seconds: int = 0
    file_system_poll_wait_seconds: int = 1
    allow_version_labels_for_unavailable_models: bool = False
    allow_reload: bool = True
    max_num_load_retries: int = 5
    load_retry_interval_micros: int = 60_000_000
    num_load_threads: int = 0
    num_unload_threads: int = 0
    saved_model_tags: str = "serve"
    enable_model_warmup: bool = True
    num_request_iterations_for_warmup: int = 0
    monitoring_config_file: str = ""
    enable_grpc_healthcheck_service: bool = False
    enable_serialization_as_tensor_content: bool = False
    tensorflow_session_parallelism: int = 0
    tensorflow_intra_op_parallelism: int = 0
    tensorflow_inter_op_parallelism: int = 0
    version: bool = False
    help: bool = False

    @classmethod
    def parse(cls, arguments: Sequence[str]) -> Self:
        """Parse a command line.

        Raises:
            FlagError: A flag is unknown, refused or malformed, or the flags contradict each other.
        """
        types = {field.name: field.type for field in fields(cls)}
        chosen: dict[str, Any] = {}
        for name, text in _pairs(arguments, switches={name for name, kind in types.items() if kind is bool}):
            if name not in types:
                reason = REFUSED.get(name, "is not a flag of tensorflow_model_server")
                raise FlagError(f"--{name} {reason}; --help lists the flags of this server.")
            chosen[name] = _convert(name, types[name], text)
        flags = cls(**chosen)
        flags._check()
        return flags

    @classmethod
    def usage(cls) -> str:
        """Return the text of --help: every flag with its default, one per line."""
        lines = [f"  --{field.name}={_default(field.default)}" for field in fields(cls) if field.name != "help"]
        return "\n".join([f"usage: {_PROGRAM} --flag=value ...; the flags and their defaults:", *lines, _SEE])

    def _check(self) -> None:
        if self.version or self.help:
            return
        if bool(self.model_base_path) == bool(self.model_config_file):
            raise FlagError("Give either --model_base_path or --model_config_file, to say which model to serve.")
        if self.tensorflow_session_parallelism and (
            self.tensorflow_intra_op_parallelism or self.tensorflow_inter_op_parallelism
        ):
            raise FlagError("--tensorflow_session_parallelism sets both numbers of threads: omit the other two flags.")
        if self.monitoring_config_file and self.rest_api_port is None:
            raise FlagError("--monitoring_config_file needs --rest_api_port: metrics are served over HTTP.")


def _default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _pairs(arguments: Sequence[str], switches: set[str]) -> Iterator[tuple[str, str]]:
    remaining = iter(arguments)
    for argument in remaining:
        name, equals, text = argument.removeprefix("--").partition("=")
        if not argument.startswith("--") or not name:
            raise FlagError(f"{argument!r} is not a flag: flags look like --port=8500.")
        if not equals:
            text = "true" if name in switches or name in REFUSED else _following(name, remaining)
        yield name, text


def _following(name: str, remaining: Iterator[str]) -> str:
    text = next(remaining, None)
    if text is None:
        raise FlagError(f"--{name} needs a value: --{name}=...")
    return text


def _convert(name: str, kind: Any, text: str) -> str | int | bool:
    if kind is str:
        return text
    if kind is bool:
        if text.lower() not in {"true", "false", "1", "0"}:
            raise FlagError(f"--{name}={text}: expected true or false.")
        return text.lower() in {"true", "1"}
    if not text.isascii() or not text.isdigit():
        raise FlagError(f"--{name}={text}: expected a whole number, zero or more.")
    return int(text)


_NOT_BUILT_IN = "is not supported by this server"
_NO_BATCHING = "asks for request batching, which this server does not support"
_NO_TLS = "asks for encryption, which this server does not support; use a proxy or a service mesh"

# Flags of tensorflow_model_server that change what clients see, so that silently ignoring them would mislead.
REFUSED: Final = {
    "enable_batching": _NO_BATCHING,
    "batching_parameters_file": _NO_BATCHING,
    "enable_per_model_batching_parameters": _NO_BATCHING,
    "use_alts_credentials": _NO_TLS,
    "ssl_config_file": _NO_TLS,
    "rest_api_enable_cors_support": "is not supported by this server; the gateway supports CORS",
    "flush_filesystem_caches": "has no effect from Python",
    "tensorflow_session_config_file": _NOT_BUILT_IN,
    "platform_config_file": _NOT_BUILT_IN,
    "per_process_gpu_memory_fraction": _NOT_BUILT_IN,
    "remove_unused_fields_from_bundle_metagraph": _NOT_BUILT_IN,
    "prefer_tflite_model": _NOT_BUILT_IN,
    "num_tflite_pools": _NOT_BUILT_IN,
    "num_tflite_interpreters_per_pool": _NOT_BUILT_IN,
    "enable_signature_method_name_check": _NOT_BUILT_IN,
    "xla_cpu_compilation_enabled": _NOT_BUILT_IN,
    "xla_gpu_compilation_enabled": _NOT_BUILT_IN,
    "enable_profiler": _NOT_BUILT_IN,
    "thread_pool_factory_config_file": _NOT_BUILT_IN,
    "mixed_precision": _NOT_BUILT_IN,
    "skip_initialize_tpu": _NOT_BUILT_IN,
}
