"""Tables: the cases in tests/cases/tables/tables.toml that Python and the page share."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from data.client.gateway import Served
from data.client.rows import Batch, batches, layout_for
from data.errors import DataError
from data.tables.columns import Columns
from data.tables.layout import Layout
from data.tables.reader import BeatFiles, open_beats
from data.tables.rows import Rows

FOLDER: Final = Path(__file__).parents[2] / "cases" / "tables"
OPTIONS: Final = ("label", "group", "drop", "classes")
CASES: Final = tomllib.loads((FOLDER / "tables.toml").read_text(encoding="utf-8"))


def named(case: dict[str, Any]) -> str:
    options = (f"{key}={case[key]}" for key in (*OPTIONS, "width") if key in case)
    return " ".join([case["file"], *options])


def names(features: int | list[str]) -> list[str]:
    return [f"F{n}" for n in range(1, features + 1)] if isinstance(features, int) else features


Read = tuple[BeatFiles | Layout, list[Rows] | list[Batch]]


def opened(case: dict[str, Any]) -> Read:
    beats = open_beats(FOLDER / case["file"], **{key: case[key] for key in OPTIONS if key in case})
    return beats, list(beats.rows())


def opened_to_predict(case: dict[str, Any]) -> Read:
    known = case.get("names")
    served = Served(1, case["width"], tuple(known) if known else None, None, "")
    layout = layout_for(Columns(FOLDER / case["file"]), case.get("label"), served, case.get("classes"))
    return layout, list(batches(layout, served, 7, 0))


def assert_right(case: dict[str, Any], read: Callable[[dict[str, Any]], Read]) -> BeatFiles | Layout:
    right = case["right"]
    table, rows = read(case)
    labels = [label for some in rows if some.labels is not None for label in some.labels.tolist()]
    expected = right.get("labels", [])
    assert list(table.feature_names) == names(right["features"])
    assert sum(len(some.features) for some in rows) == right["rows"]
    assert {len(some.features[0]) for some in rows} == {len(table.feature_names)}
    assert labels[: len(expected) or None] == expected
    assert list(table.left_out_names) == right.get("left_out", [])
    return table


def assert_refused(case: dict[str, Any], read: Callable[[dict[str, Any]], Read]) -> None:
    with pytest.raises(DataError) as caught:
        read(case)
    assert case["error"] in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", [case for case in CASES["case"] if "right" in case], ids=named)
def test_labelled_beats_are_read(case):
    beats = assert_right(case, opened)
    assert isinstance(beats, BeatFiles)
    assert list(beats.class_names or ()) == case["right"].get("class_names", [])
    assert beats.group == case["right"].get("group")


@pytest.mark.parametrize("case", [case for case in CASES["case"] if "error" in case], ids=named)
def test_other_files_than_labelled_beats_are_errors_with_the_reason(case):
    assert_refused(case, opened)


@pytest.mark.parametrize("case", [case for case in CASES["prediction"] if "right" in case], ids=named)
def test_beats_to_be_predicted_are_read(case):
    assert_right(case, opened_to_predict)


@pytest.mark.parametrize("case", [case for case in CASES["prediction"] if "error" in case], ids=named)
def test_beats_that_do_not_fit_the_model_are_errors_with_the_reason(case):
    assert_refused(case, opened_to_predict)
