"""Recordings as text: the table of cases that Python and the page share."""

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.errors import DataError
from data.recordings.lead import read_lead

FOLDER = Path(__file__).parents[2] / "cases" / "recordings"
CASES = tomllib.loads((FOLDER / "csv.toml").read_text())["case"]


def name(case: dict[str, Any]) -> str:
    return str(case["file"]) + "".join(f"-{key}" for key in case.get("options", {}))


@pytest.mark.parametrize("case", [case for case in CASES if "right" in case], ids=name)
def test_a_recording_is_read_right(case, caplog):
    right = case["right"]
    lead = read_lead(FOLDER / case["file"], **case.get("options", {}))
    assert lead.name == right["lead"]
    assert lead.rate == pytest.approx(right["rate"], rel=right.get("within", 1e-5))
    assert len(lead.samples) == right["samples"]
    assert int(np.isnan(lead.samples).sum()) == right["gaps"]
    np.testing.assert_allclose(lead.samples[:3], right["first"], rtol=1e-6)
    assert right.get("word", "") in caplog.text


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=name)
def test_a_recording_is_refused_in_a_sentence(case):
    with pytest.raises(DataError) as refusal:
        read_lead(FOLDER / case["file"], **case.get("options", {}))
    assert case["error"] in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
