"""The columns of a prediction, the same in files and frames."""

from typing import Any, Final

from data.client.gateway import Json, Served

ALWAYS: Final = ("predicted_class", "probability", "model_version")
DETAILS: Final = ("abstain", "unusual", "unusual_score")


def columns(served: Served, details: bool) -> tuple[str, ...]:
    """Return the names of the columns; with details, those of the probability of each class among them."""
    return (*ALWAYS, *DETAILS, *(f"probability_{label}" for label in served.classes or ())) if details else ALWAYS


def values(prediction: Json, version: int, served: Served, details: bool) -> list[Any]:
    """Return one beat's values in the order of the columns; None for a class that its version lacks."""
    found = [prediction["predicted_class"], prediction["probability"], version]
    if details:
        found += [prediction[name] for name in DETAILS]
        found += [prediction["probabilities"].get(str(label)) for label in served.classes or ()]
    return found
