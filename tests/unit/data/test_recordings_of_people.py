"""Recordings of WFDB and EDF: the table of cases that Python and the page share."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import DataError
from data.recordings.cut_options import CutOptions
from data.recordings.lead import read_lead
from data.recordings.peaks import find_peaks
from data.recordings.segmentation import write_beats
from data.tables.reader import read_beats

CASES = Path(__file__).parents[2] / "cases" / "recordings"
TABLE = tomllib.loads((CASES / "wfdb_edf.toml").read_text())["case"]


def cases(key: str) -> list[Any]:
    return [pytest.param(case, id=f"{case['file']}: {case['about']}") for case in TABLE if key in (case, *case)]


def with_right(*keys: str) -> list[Any]:
    return [
        pytest.param(case, id=f"{case['file']}: {case['about']}")
        for case in TABLE
        if "right" in case and all(key in case["right"] for key in keys)
    ]


def lead_of(case: dict[str, Any]):
    options = case.get("options", {})
    return read_lead(CASES / case["file"], options.get("channel"), options.get("rate"))


@pytest.mark.parametrize("case", with_right())
def test_the_lead_is_read(case, caplog):
    right, lead = case["right"], lead_of(case)
    assert (lead.name, lead.rate, lead.unit) == (right["lead"], right["rate"], right["unit"])
    assert (len(lead.samples), np.count_nonzero(np.isnan(lead.samples))) == (right["samples"], right["gaps"])
    np.testing.assert_allclose(lead.samples[:3], right["first"], atol=2e-4)
    if "mean" in right:
        assert np.nanmean(lead.samples, dtype=np.float64) == pytest.approx(right["mean"], abs=2e-4)
    assert right.get("word", "") in caplog.text
    assert len(caplog.records) == ("word" in right)


@pytest.mark.parametrize("case", with_right("peaks"))
def test_the_peaks_are_found(case):
    lead = lead_of(case)
    assert abs(len(find_peaks(lead.samples, lead.rate)) - case["right"]["peaks"]) <= case["right"]["peaks_off"]


@pytest.mark.parametrize("case", with_right("beats"))
def test_the_annotated_beats_are_written(case, tmp_path):
    out = tmp_path / "beats.csv"
    assert write_beats(CASES / case["file"], out, None, CutOptions(**case.get("options", {}))) == case["right"]["beats"]
    labels, counts = np.unique(read_beats(out).labels, return_counts=True)
    found = {str(label): count for label, count in zip(labels.tolist(), counts.tolist(), strict=True)}
    assert found == case["right"]["labels"]


@pytest.mark.parametrize("case", cases("error"))
def test_an_unreadable_file_is_a_one_sentence_error(case, tmp_path):
    with pytest.raises(DataError) as refused:
        write_beats(CASES / case["file"], tmp_path / "beats.csv", None, CutOptions(**case.get("options", {})))
    assert case["error"] in str(refused.value)
    assert "\n" not in str(refused.value)
