"""Reads the monitoring config file, which switches the Prometheus metrics on and sets their path."""

from pathlib import Path
from typing import Any, Final

from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from serving.errors import invalid

DEFAULT_PATH: Final = "/monitoring/prometheus/metrics"

# tensorflow-serving-api does not publish this message
_SCHEMA: Final = """
  name: "monitoring.proto"
  syntax: "proto3"
  message_type {
    name: "MonitoringConfig"
    field {
      name: "prometheus_config" number: 1 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: ".PrometheusConfig"
    }
  }
  message_type {
    name: "PrometheusConfig"
    field { name: "enable" number: 1 label: LABEL_OPTIONAL type: TYPE_BOOL }
    field { name: "path" number: 2 label: LABEL_OPTIONAL type: TYPE_STRING }
  }
"""


def metrics_path(config_file: str) -> str | None:
    """Return the path of the metrics; None if there is no file or it does not enable them. Raises ServingError."""
    if not config_file:
        return None
    try:
        config: Any = text_format.Parse(Path(config_file).read_text(), _empty_config())
    except (OSError, UnicodeDecodeError, text_format.ParseError) as error:
        raise invalid(f"--monitoring_config_file={config_file}: {error}") from error
    prometheus = config.prometheus_config
    return (prometheus.path or DEFAULT_PATH) if prometheus.enable else None


def _empty_config() -> Any:
    pool = DescriptorPool()
    pool.Add(text_format.Parse(_SCHEMA, FileDescriptorProto()))
    return GetMessageClass(pool.FindMessageTypeByName("MonitoringConfig"))()
