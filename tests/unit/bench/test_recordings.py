"""The comparison of detected peaks with annotated beats."""

from pathlib import Path

import pytest

pytest.importorskip("wfdb", reason="the package wfdb is not installed")

from bench.recordings import Compared, compare

FLAT_HOLD = Path(__file__).parents[2] / "cases" / "recordings" / "flat_hold"


def test_beats_of_a_flat_stretch_are_missed_and_all_others_right():
    compared = compare(FLAT_HOLD)
    assert compared.peaks == compared.right == compared.close
    assert 2 * 60 < compared.right < 2 * 80  # of the two minutes that are not flat
    assert compared.figures == (100 * compared.right / compared.beats, 100)


def test_records_are_added_up():
    total = Compared(100, 90, 80, 70, 0.5, 1) + Compared(100, 110, 100, 90, 0.5, 2)
    assert total == Compared(200, 200, 180, 160, 1, 3)
    assert total.row("all").split() == ["all", "200", "20", "20", "90.00", "%", "90.00", "%", "80.00", "%", "3.00"]
