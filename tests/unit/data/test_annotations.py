"""The matching of detected peaks with annotated beats."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.recordings.annotations import match, read_annotations


def matched(peaks: list[int], samples: list[int], reach: float) -> list[int]:
    owners: list[int] = match(np.array(peaks, np.int64), np.array(samples, np.int64), reach).tolist()
    return owners


def test_the_nearest_peak_has_the_beat():
    assert matched([95, 104, 210, 400], [100, 200, 300], 15) == [-1, 0, 1, -1]
    assert matched([95, 104], [], 15) == [-1, -1]
    assert matched([], [100], 15) == []
    assert matched([95], [100], 5) == [0]


places = st.lists(st.integers(0, 2000), unique=True, max_size=30).map(sorted)


@given(peaks=places, samples=places, reach=st.integers(0, 100))
def test_a_match_is_near_and_is_one_to_one(peaks, samples, reach):
    owners = matched(peaks, samples, reach)
    kept = [owner for owner in owners if owner >= 0]
    assert len(kept) == len(set(kept))
    for peak, owner in zip(peaks, owners, strict=True):
        distances = [abs(peak - sample) for sample in samples]
        if owner >= 0:
            assert distances[owner] == min(distances) <= reach


@pytest.mark.parametrize(("own", "rate"), [(1000, 1000), (None, 250)])
def test_annotations_may_have_a_rate_of_their_own(tmp_path, own, rate):
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    (tmp_path / "r.hea").write_text("r 0 250 5000\n")
    wfdb.wrann("r", "atr", np.array([100, 900, 1700]), ["N", "+", "V"], fs=own, write_dir=str(tmp_path))
    annotated = read_annotations(tmp_path / "r", None)
    assert annotated is not None
    assert (annotated.labels("aami"), annotated.rate) == (["0", "2"], rate)
    assert annotated.samples_at(250).tolist() == [100 * 250 // rate, 1700 * 250 // rate]


@pytest.mark.parametrize("line", ["r 1 90 5400", "r 1 90 5400 2006"])
def test_annotations_without_a_rate_count_frames(tmp_path, line):
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    (tmp_path / "r.hea").write_text(f"{line}\nr.dat 16x4 1000/mV\n")
    wfdb.wrann("r", "atr", np.array([10, 100]), ["N", "N"], write_dir=str(tmp_path))
    annotated = read_annotations(tmp_path / "r", None)
    assert annotated is not None
    assert annotated.samples_at(360).tolist() == [40, 400]


@given(content=st.binary(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_annotations_are_read_or_refused(tmp_path, content):
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    (tmp_path / "x.csv.atr").write_bytes(content)
    sentence = None
    try:
        annotated = read_annotations(tmp_path / "x.csv", None)
        assert annotated is not None
        assert (np.diff(annotated.samples) > 0).all()
        assert len(annotated.samples) == len(annotated.labels("aami")) == len(annotated.labels("symbols"))
    except DataError as error:
        sentence = str(error)
    assert sentence is None or sentence.startswith(str(tmp_path))


def test_annotations_that_are_not_there(tmp_path):
    assert read_annotations(tmp_path / "100.csv", None) is None
    assert read_annotations(tmp_path / "100.csv", "none") is None
    with pytest.raises(DataError, match=r"100\.qrs: no such annotation file"):
        read_annotations(tmp_path / "100", "qrs")
