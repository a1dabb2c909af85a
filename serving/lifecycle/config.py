"""Reads and checks the configuration of the models to serve."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2 as config_pb2
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig, ModelServerConfig

from serving.errors import Code, ServingError, invalid

PLATFORM: Final = "tensorflow"


def single_model(name: str, base_path: str) -> ModelServerConfig:
    """Return the configuration for the flags --model_name and --model_base_path."""
    config = ModelServerConfig()
    config.model_config_list.config.add(name=name, base_path=base_path, model_platform=PLATFORM)
    return config


def read_config_file(path: Path) -> ModelServerConfig:
    """Read a model config file (text proto).

    Raises:
        ServingError: INVALID_ARGUMENT; the message has the file and the line.
    """
    try:
        return text_format.Parse(path.read_text(), ModelServerConfig())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise invalid(f"Invalid protobuf file: {path}: {error}") from error


def check(config: ModelServerConfig, previous: ModelServerConfig) -> None:
    """Check a configuration, and the change from `previous`, which is empty at first.

    Raises:
        ServingError: The configuration or the change is invalid.
    """
    if previous.WhichOneof("config") and config.WhichOneof("config") != "model_config_list":
        raise ServingError(
            Code.FAILED_PRECONDITION,
            "Cannot transition to requested config. "
            "It is only legal to transition from one ModelConfigList to another.",
        )
    if config.WhichOneof("config") == "custom_model_config":
        raise invalid("Missing custom_model_config_loader in ServerCore Options")
    models = config.model_config_list.config
    _check_names_and_paths(models)
    before = {model.name: _platform(model) for model in previous.model_config_list.config}
    for model in models:
        platform = _platform(model)
        if before.get(model.name, platform) != platform:
            raise invalid(
                f"Illegal to change a model's platform. For model {model.name} "
                f"platform was {before[model.name]} and new platform requested is {platform}"
            )
    for model in models:
        if _platform(model) != PLATFORM:
            raise invalid(f"Model {model.name} requests unsupported platform {_platform(model)}")


def _check_names_and_paths(models: Iterable[ModelConfig]) -> None:
    names: set[str] = set()
    for model in models:
        if model.name in names:
            raise invalid(f"Illegal to list model {model.name} multiple times in config list")
        names.add(model.name)
        if not model.base_path.startswith("/"):
            raise invalid(
                f"Expected model {model.name} to have an absolute path or URI; got base_path()={model.base_path}"
            )


def _platform(model: ModelConfig) -> str:
    deprecated = "ModelServerConfig::model_type (deprecated)"
    if model.model_type == config_pb2.MODEL_TYPE_UNSPECIFIED:
        if not model.model_platform:
            raise invalid(
                f"Illegal setting neither {deprecated} nor ModelServerConfig::model_platform, "
                f"model name is {model.name}"
            )
        return str(model.model_platform)
    if model.model_platform:
        raise invalid(f"Illegal setting both {deprecated} and ModelServerConfig::model_platform.")
    if model.model_type != config_pb2.TENSORFLOW:
        raise invalid(f"ModelServerConfig::model_type choice {model.model_type} not supported.")
    return PLATFORM
