"""The columns of predictions, the same in files and frames."""

import re
from collections.abc import Sequence
from typing import Any, Final

from data.client.gateway import Json, Served
from data.errors import DataError

ALWAYS: Final = ("predicted_class", "probability", "model_version")
DETAILS: Final = ("abstain", "unusual", "unusual_score")
CUT_NAME: Final = re.compile(r"(F|mV)-?\d+(\.\d+)?ms|mV\d+|(rr|like)_\w+")  # feature names that describe a cut


def columns(served: Served, details: bool) -> tuple[str, ...]:
    """Return the names of the columns; with `details` also those of the probability of each class."""
    return (*ALWAYS, *DETAILS, *(f"probability_{label}" for label in served.classes or ())) if details else ALWAYS


def values(prediction: Json, version: int, served: Served, details: bool) -> list[Any]:
    """Return one beat's values in the order of `columns`; None for a class that its model version lacks."""
    found = [prediction["predicted_class"], prediction["probability"], version]
    if details:
        found += [prediction[name] for name in DETAILS]
        found += [prediction["probabilities"].get(str(label)) for label in served.classes or ()]
    return found


def check_cut(source: str, given: Sequence[str], served: Served) -> None:
    """Raise DataError if the beats were cut in another way than the model expects; `source` names their source."""
    expected = served.names or given
    if not set(expected) <= set(given) and any(CUT_NAME.fullmatch(name) for name in (*given, *expected)):
        raise DataError(
            f"{source} has beats with the values {given[0]} to {given[-1]}, but version "
            f"{served.version} expects {expected[0]} to {expected[-1]}; cut the recording with --url"
        )
