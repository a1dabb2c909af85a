"""The gateway's settings: one frozen dataclass, read once from a mapping such as the process environment.

No name ends like the variables that Kubernetes sets for Services (..._HOST, ..._PORT), so a Service `ecg-serving`
cannot change a setting by accident.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

PREFIX: Final = "ECG_"
_ORIGIN: Final = r"(\*|https?://[^/,\s]+)"
_ORIGINS: Final = rf"{_ORIGIN}(,{_ORIGIN})*"  # no spaces and no trailing slash, as in the header Origin
_ADDRESS: Final = {
    "pattern": r"fd://\d+|(\[[^]\s]+\]|[^][\s/]*):\d{1,5}",
    "wanted": "host:port such as 127.0.0.1:5000, [::]:5000 (every address, IPv4 and IPv6), or fd://number",
}


class SettingsError(ValueError):
    """A setting is invalid; the message has its name, its value and the expected form."""


def _between(default: Any, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is the environment variable ECG_<FIELD>; README.md documents them."""

    serving_target: str = "127.0.0.1:8500"
    model_name: str = "ecg"
    rollout_url: str = ""
    sticky_header: str = "X-Client-ID"
    deadline_seconds: float = _between(5.0, 0.001, 3600)
    retry_attempts: int = _between(3, 1, 5)  # 5 is also the maximum of gRPC's own retry policy
    listen: str = field(default="[::]:5000", metadata=_ADDRESS)
    management_listen: str = field(default="", metadata=_ADDRESS)
    keep_alive_seconds: int = _between(75, 1, 3600)  # longer than the 60 s of common proxies, so that the proxy closes
    workers: int = _between(2, 1, 1024)
    threads: int = _between(8, 1, 1024)
    max_waiting: int = _between(512, 1, 2**31 - 1)
    max_waiting_seconds: float = _between(1.0, 0.001, 3600)
    max_body_bytes: int = _between(32 * 2**20, 1, 2**31 - 1)
    max_batch: int = _between(8192, 1, 2**31 - 1)
    max_explained: int = _between(64, 1, 2**31 - 1)
    abstain_below: float = _between(0.0, 0, 1)
    api_keys_file: str = ""
    cors_origins: str = field(
        default="",
        metadata={"pattern": _ORIGINS, "wanted": "* or origins such as https://a.example,http://b.example:8080"},
    )
    graceful_seconds: int = _between(30, 1, 3600)
    log_level: str = field(default="info", metadata={"choices": ("debug", "info", "warning", "error")})

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the settings that `env` has, and use defaults for the others.

        Raises:
            SettingsError: A value is invalid.
        """
        chosen: dict[str, Any] = {}
        for setting in fields(cls):
            name = PREFIX + setting.name.upper()
            if name in env and env[name] != setting.default:
                chosen[setting.name] = _read(name, env[name], type(setting.default), setting.metadata)
        return cls(**chosen)


def _read(name: str, text: str, kind: type, rules: Mapping[str, Any]) -> str | int | float:
    wanted = {int: "a whole number", float: "a number", str: "text"}[kind]
    try:
        value: str | int | float = kind(text.strip())
    except ValueError:
        raise SettingsError(f"{name}={text!r}: expected {wanted}") from None
    if value == "":
        raise SettingsError(f"{name} is empty: unset it to use the default")
    if "choices" in rules and value not in rules["choices"]:
        raise SettingsError(f"{name}={text!r}: expected one of {', '.join(rules['choices'])}")
    if "pattern" in rules and not re.fullmatch(rules["pattern"], str(value)):
        raise SettingsError(f"{name}={text!r}: expected {rules['wanted']}")
    # not "value < low or value > high", which would accept NaN
    if "low" in rules and not rules["low"] <= value <= rules["high"]:
        raise SettingsError(f"{name}={text!r}: expected {wanted} from {rules['low']} to {rules['high']}")
    return value
