"""Records a published version as an MLflow run, if MLflow's environment variables are set."""

import json
import logging
import os
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

# Defaults for MLflow's environment variables: it gives up after seconds instead of minutes, and sends no usage data.
DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
ARTIFACTS = ("report.html", "metrics.json")


def record_run(version: Path) -> None:
    """Record the version in this folder if MLFLOW_TRACKING_URI is set; an error is logged as one warning."""
    if not os.environ.get("MLFLOW_TRACKING_URI"):
        return
    if not find_spec("mlflow"):
        log.warning("MLFLOW_TRACKING_URI is set, but MLflow is not installed; add it with: pip install mlflow-skinny")
        return
    try:
        _record(version)
    except (Exception, KeyboardInterrupt) as error:  # the version is already published
        reason = str(error).partition("\n")[0] or type(error).__name__
        log.warning("%s is published, but MLflow could not record all of it: %s", version, reason)


def _record(version: Path) -> None:
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it logs a warning for each attempt
    mlflow: Any = import_module("mlflow")
    extra = version / "assets.extra"
    metrics = json.loads((extra / "metrics.json").read_text(encoding="utf-8"))
    with mlflow.start_run(run_name=f"{version.parent.name} {version.name}"):
        mlflow.log_params({"data": metrics["data"]["source"], **_texts(metrics["training"])})
        values = zip(*metrics["history"].values(), strict=True)
        for epoch, step in enumerate(values, start=1):
            mlflow.log_metrics(dict(zip(metrics["history"], step, strict=True)), step=epoch)
        mlflow.log_metrics(dict(_numbers(metrics["metrics"])))
        for name in ARTIFACTS:
            mlflow.log_artifact(str(extra / name))


def _texts(training: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in training.items() if isinstance(value, str | int | float)}


def _numbers(metrics: Mapping[str, Any], prefix: str = "test") -> Iterator[tuple[str, float]]:
    """Yield the numbers in `metrics` with their path as name, such as test/classes/1/recall."""
    for name, value in metrics.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}/{name}")
        elif isinstance(value, int | float):
            yield f"{prefix}/{name}", value
