"""The values of the chart, from its schema and its defaults."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from docs.markdown import code, table

CHART: Final = Path(__file__).parents[1] / "helm" / "ecg"


def chart_values() -> str:
    """List every value of the chart with its default and its description."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    rows = [(f"`{path}`", code(_at(defaults, path)), part["description"]) for path, part in _leaves(schema, schema)]
    return table(("value", "default", "meaning"), rows)


def _leaves(schema: dict[str, Any], part: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, below in part["properties"].items():
        whole = _defined(schema, below) | below
        if "properties" in whole:
            yield from _leaves(schema, whole, f"{path}{name}.")
        else:
            yield f"{path}{name}", whole


def _defined(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    found = schema if "$ref" in part else {}
    for name in part.get("$ref", "").split("/")[1:]:
        found = found[name]
    return found


def _at(values: Any, path: str) -> Any:
    for name in path.split("."):
        values = values.get(name) if isinstance(values, dict) else None
    return values
