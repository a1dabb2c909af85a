"""Tables of the reference, made from the code when the site is built: `<!-- generated: NAME -->` stands for one.

Each table imports what it shows, so the build fails when a source moves or becomes empty.
"""

import json
import re
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from typing import Any, Final, NoReturn
from unittest.mock import patch

from prometheus_client.metrics import MetricWrapperBase
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import data.__main__
import rollout.options
import training.options
from docs.chart_values import chart_values
from docs.markdown import code, table
from gateway.api.openapi import document
from gateway.http.error_responses import STATUS
from gateway.routes import ROUTES, RouteTable
from gateway.settings import PREFIX, Settings
from gateway.telemetry.metrics import Metrics
from serving.flags import Flags

MARK: Final = re.compile(r"^<!-- generated: (\S+) -->$", re.MULTILINE)


def gateway_settings() -> str:
    """List every setting of the gateway with its type, its default and what is allowed."""
    rows = [
        (f"`{PREFIX}{each.name.upper()}`", type(each.default).__name__, code(each.default), _allowed(each.metadata))
        for each in fields(Settings)
    ]
    return table(("variable", "type", "default", "allowed"), rows)


def _allowed(rules: Any) -> str:
    if "low" in rules:
        return f"{rules['low']} to {rules['high']}"
    return ", ".join(f"`{each}`" for each in rules.get("choices", ())) or rules.get("wanted", "")


def serving_flags() -> str:
    """List every flag of the model server with its default."""
    rows = [(f"`--{each.name}`", code(each.default)) for each in fields(Flags)]
    return table(("flag", "default on the machine that built this page"), rows)


class _Found(Exception):
    """Carries the parser that was about to read a command line."""


def _give(parser: ArgumentParser, *_: object) -> NoReturn:
    raise _Found(parser)


def options(parse: Callable[[list[str]], object]) -> str:
    """Show the help of a command line and of each of its commands."""
    try:
        with patch.object(ArgumentParser, "parse_args", _give):
            parse([])
    except _Found as found:
        (parser,) = found.args
        return "\n\n".join(f"## `{each.prog}`\n\n```text\n{_help(each)}```" for each in _with_commands(parser))
    raise ExtensionError(f"{parse.__module__} reads no command line by argparse")


def _with_commands(parser: ArgumentParser) -> Iterator[ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            yield from action.choices.values()


def _help(parser: ArgumentParser) -> str:
    with patch.dict("os.environ", COLUMNS="100"):
        return parser.format_help()


def error_codes() -> str:
    """List every error of the gateway's API."""
    rows = [(str(status), f"`{kind.code}`", _summary(kind)) for kind, status in sorted(STATUS.items(), key=_by_status)]
    return table(("status", "code", "meaning"), rows)


def _by_status(item: tuple[type, int]) -> tuple[int, str]:
    return item[1], item[0].__name__


def _summary(thing: object) -> str:
    return (thing.__doc__ or "").partition("\n")[0]


def gateway_metrics() -> str:
    """List every metric of the gateway."""
    metrics = [each for each in vars(Metrics()).values() if isinstance(each, MetricWrapperBase)]
    rows = [(f"`{_name(each)}`", str(each._type), _labels(each), str(each._documentation)) for each in metrics]
    return table(("metric", "type", "labels", "counts"), rows)


def _name(metric: MetricWrapperBase) -> str:
    return f"{metric._name}_total" if metric._type == "counter" else str(metric._name)


def _labels(metric: MetricWrapperBase) -> str:
    return ", ".join(f"`{each}`" for each in metric._labelnames)


def openapi() -> str:
    """List the operations and schemas of the OpenAPI document, as it is without a model."""
    made = document(RouteTable(), Settings())
    operations = [
        (f"`{method.upper()} {path}`", each["summary"], each.get("description", ""), ", ".join(each["responses"]))
        for path, methods in made["paths"].items()
        for method, each in methods.items()
    ]
    schemas = made["components"]["schemas"]
    return "\n\n".join(
        [
            table(("request", "does", "notes", "statuses"), operations),
            *(f"## {name}\n\n```json\n{json.dumps(each, indent=2)}\n```" for name, each in schemas.items()),
        ]
    )


def routes() -> str:
    """List every path that the gateway answers."""
    rows = [
        (f"`{each.path}`", ", ".join(each.methods), "no" if each.keyless else "yes", each.api.replace("_", " "))
        for each in ROUTES
    ]
    return table(("path", "methods", "needs a key, where there are keys", "API"), rows)


GENERATED: Final[dict[str, Callable[[], str]]] = {
    "chart-values": chart_values,
    "gateway-settings": gateway_settings,
    "serving-flags": serving_flags,
    "data-options": partial(options, data.__main__.main),
    "training-options": partial(options, training.options.parse_options),
    "rollout-options": partial(options, rollout.options.parse_options),
    "error-codes": error_codes,
    "gateway-metrics": gateway_metrics,
    "openapi": openapi,
    "routes": routes,
}


def fill_in(app: Sphinx, page: str, text: list[str]) -> None:
    """Put the tables into a page that Sphinx has read."""
    text[0] = MARK.sub(lambda mark: GENERATED[mark[1]](), text[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True}
