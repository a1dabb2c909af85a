"""The page's modules for labels and answers, in node, and the corrected file as training reads it."""

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from data.recordings.annotations import CLASS_OF
from data.tables.reader import read_beats

SCRIPT = Path(__file__).with_name("labels.mjs")
NUMBERS = {"labels": ["0", "1"], "names": None, "note": None}
NAMED = {"labels": ["0", "1"], "names": {"0": "Normal", "1": "V"}, "note": None}
AAMI = {
    "labels": ["0", "1", "2"],
    "names": {"0": "N", "1": "S", "2": "V"},
    "note": "Cut from 22 recordings by python -m data beats, labels by AAMI EC57: 0 N, 1 S, 2 V",
}


@pytest.fixture(scope="module")
def ask():
    """Run one task in node."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed, which runs the page's modules")

    def run(task: str, **given: Any) -> Any:
        asked = json.dumps([{"task": task, **given}]).encode()
        done = subprocess.run([program, str(SCRIPT)], input=asked, check=True, capture_output=True, timeout=120)
        return json.loads(done.stdout)[0]

    return run


@pytest.mark.parametrize(
    ("labels", "classes", "means"),
    [
        (["1", "0", None], NUMBERS, ["1", "0", None]),
        (["1.0", "0", " 1 "], NUMBERS, ["1", "0", "1"]),
        (["V", "Normal", "normal"], NAMED, ["1", "0", "0"]),
        (["V", "v", "0"], NAMED, ["1", None, "0"]),
        (["N", "V"], NAMED, [None, "1"]),
        (["N", "L", "A", "V", "n", "/"], AAMI, ["0", "0", "1", "2", "0", None]),
        (["N", "L", "V"], AAMI | {"note": None}, ["0", None, "2"]),
    ],
    ids=["numbers", "numbers with a point", "names", "single letters", "no symbols", "AAMI", "no word of AAMI"],
)
def test_a_label_means_the_class_of_its_number_or_name(ask, labels, classes, means):
    found = ask("labels", labels=labels, classes=classes)
    assert (found["means"], found["why"]) == (means, None)


def test_symbols_are_compared_by_aami_class_if_the_training_joined_them(ask):
    joined = AAMI | {"note": "Its labels, WFDB's symbols, are joined to classes by AAMI EC57: 0 N, 1 S, 2 V."}
    found = ask("labels", labels=["N", "L", "R", "E", "/"], classes=joined)
    assert found["means"] == ["0", "0", "0", "2", None]
    assert found["grouping"] == "Labels are compared with classes by AAMI EC57, which counts L and R as N, E as V."
    assert found["words"] == ["N", "L (N by AAMI EC57)", "R (N by AAMI EC57)", "E (V by AAMI EC57)", "/"]
    assert ask("labels", labels=["N", "V"], classes=joined)["grouping"] is None


def test_any_other_symbol_than_those_of_n_is_any_other(ask):
    binary = {
        "labels": ["0", "1"],
        "names": {"0": "any other", "1": "N"},
        "note": "labels by AAMI EC57: 1 N, 0 any other",
    }
    found = ask("labels", labels=["N", "L", "V", "+"], classes=binary)
    assert found["means"] == ["1", "1", "0", None]


@pytest.mark.parametrize(
    ("labels", "classes", "why"),
    [
        (
            ["1", "2", "5"],
            NUMBERS,
            "The labels are 1, 2 and 5, and the model's classes are 0 and 1. The labels are other numbers, "
            "so labels and classes cannot be compared.",
        ),
        (
            ["N", "V"],
            NUMBERS,
            "The labels are N and V, and the model's classes are 0 and 1, for which it has no names. "
            "So labels and classes cannot be compared.",
        ),
        (
            ["a", "b"],
            NAMED,
            "The labels are a and b, and the model's classes are 0 (Normal) and 1 (V). No label is the name of a "
            "class, so labels and classes cannot be compared.",
        ),
    ],
)
def test_labels_of_another_kind_are_not_compared_and_the_reason_is_shown(ask, labels, classes, why):
    found = ask("labels", labels=labels, classes=classes)
    assert (set(found["means"]), found["comparable"], found["why"]) == ({None}, False, why)


def test_labels_that_are_no_classes_are_left_out_of_the_comparison(ask):
    found = ask("labels", labels=["N", "F", "F", "Q"], classes=AAMI)
    assert found["leftOut"] == (
        "3 beats with the labels F and Q cannot be compared: they are no classes of this model."
    )
    assert ask("labels", labels=[None, None], classes=AAMI)["why"] is None


def test_the_symbols_are_those_of_the_data_package(ask):
    labels = sorted(CLASS_OF)
    names = {str(place): name for place, name in enumerate("NSVFQ")}
    found = ask("labels", labels=labels, classes=AAMI | {"labels": list(names), "names": names})
    assert [names[each] for each in found["means"]] == [CLASS_OF[label] for label in labels]


def answer(predicted: str, unusual: bool | None = False, abstain: bool | None = False) -> dict[str, Any]:
    return {"predicted": predicted, "probability": 0.9, "unusual": unusual, "abstain": abstain}


def test_doubtful_beats_come_first_and_are_counted_separately(ask):
    answers = [answer("0", unusual=True)] * 3 + [answer("1", abstain=True), answer("1", True, True), answer("1"), None]
    found = ask("headline", answers=answers, classes=NUMBERS)
    assert [each["text"] for each in found["doubts"]] == [
        "4 of 6 beats are unlike the training beats: do not rely on their classes.",
        "For 1 other beat the model abstains: no class is probable enough.",
    ]
    assert (found["reliable"], found["doubtful"]) == ({"1": 1}, {"0": 3, "1": 2})
    assert found["agreement"] == []


def test_a_model_without_an_out_of_distribution_score_is_reported(ask):
    [doubt] = ask("headline", answers=[answer("0", unusual=None)], classes=NUMBERS)["doubts"]
    assert "has no out-of-distribution score" in doubt["text"]
    assert ask("headline", answers=[answer("0")], classes=NUMBERS)["doubts"] == []


def test_agreement_is_shown_with_its_interval_unless_labels_are_of_another_kind(ask):
    answers = [answer("0")] * 9 + [answer("1")]
    [doubt] = ask("headline", answers=answers, labels=["0.0"] * 10, classes=NUMBERS)["agreement"]
    assert doubt.replace("\u00a0", " ").startswith(
        "Of 10 labelled beats, the model agrees with 9: 90.0 % (95 % interval 59.6 % to 98.2 %"
    )
    [why] = ask("headline", answers=answers, labels=["N"] * 10, classes=NUMBERS)["agreement"]
    assert why.endswith("cannot be compared.")


@pytest.mark.parametrize(("found", "all_"), [(0, 7), (3, 10), (10, 10), (4210, 4500)])
def test_the_interval_is_wilsons(ask, found, all_):
    right = binomtest(found, all_).proportion_ci(method="wilson")
    assert ask("wilson", found=found, all=all_) == pytest.approx([right.low, right.high], abs=1e-6)


@pytest.mark.parametrize(
    ("labels", "classes", "choices", "refused"),
    [
        ([None], NUMBERS, [["0", "0"], ["1", "1"]], [True, True, False, True]),
        ([None], NAMED, [["Normal", "Normal"], ["V", "V"]], [False, True, True, True]),
        ([None], AAMI, [["0", "0 (N)"], ["1", "1 (S)"], ["2", "2 (V)"]], [True, True, False, True]),
        (["2", "10", "1"], NUMBERS, [["1", "1"], ["2", "2"], ["10", "10"]], [True, True, False, True]),
        (["V", "Normal"], NAMED, [["Normal", "Normal"], ["V", "V"]], [False, True, True, True]),
        (["L", "N"], AAMI, [["L", "L"], ["N", "N"], ["S", "S"], ["V", "V"]], [False, True, True, True]),
    ],
    ids=["numbers", "names", "AAMI", "other numbers", "names of the file", "symbols"],
)
def test_labels_can_be_corrected_to_what_training_reads(ask, labels, classes, choices, refused):
    found = ask("vocabulary", labels=labels, classes=classes, texts=["R", "NA", "3", "1.5"])
    assert found["choices"] == choices
    assert [each is not None for each in found["refused"]] == refused


def test_corrections_follow_their_beats_to_another_lead_and_back(ask):
    found = ask("carry", **{"from": [1.0, 2.0, 3.0], "to": [1.04, 2.06, 3.0]}, corrected={0: "V", 1: "S"})
    assert found["there"] == ["V", None, None]
    assert found["back"] == ["V", "S", None]
    assert (found["elsewhere"], found["unsaved"]) == (1, [2, 2, 2])


@pytest.mark.parametrize("float32", [False, True])
@pytest.mark.parametrize(
    ("labels", "corrected", "right"),
    [
        (["N", "V", "N", None, "V", "V"], {1: "S", 3: "N", 4: None}, ["N", "S", "N", "N", "V"]),
        (["0", "1", "0", "0", "1", "1"], {0: "1", 2: "4"}, ["1", "1", "4", "0", "1", "1"]),
    ],
    ids=["texts", "numbers"],
)
def test_training_reads_the_corrected_labels(ask, tmp_path, labels, corrected, right, float32):
    rng = np.random.default_rng(3)
    values = rng.normal(0, [1e-6, 1, 1e6, 1, 1], (6, 5))
    if float32:
        values = values.astype(np.float32).astype(np.float64)
    names = ["mV-250ms", "mV450ms", "rr_previous", "a,b", "-0.5"]
    given = {"rows": values.tolist(), "labels": labels, "corrected": corrected, "names": names, "float32": float32}
    file = tmp_path / "corrected.csv"
    file.write_text(ask("file", **given))
    beats = read_beats(file)
    kept = [place for place in range(6) if not (place in corrected and corrected[place] is None)]
    assert beats.feature_names == tuple(names)
    assert beats.features.tolist() == values[kept].astype(np.float32).tolist()
    classes = beats.class_names
    assert [classes[label] if classes else str(label) for label in beats.labels] == right
    assert "given or corrected by hand" in (beats.note or "")


def test_a_label_in_the_corrected_file_is_no_formula(ask):
    labels = ["=1+1", "@a", "N,V", "-1"]
    text = ask("file", rows=[[1.0]] * 4, labels=labels, corrected={}, names=None, float32=False)
    rows = list(csv.reader(text.splitlines()[1:]))
    assert rows == [["F1", "label"], ["1", "'=1+1"], ["1", "'@a"], ["1", "N,V"], ["1", "-1"]]
