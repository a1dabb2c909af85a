"""The feature names, which describe the cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataError
from data.recordings.cut import LIKENESS, PEAK_WINDOW, RHYTHM, SCALES, WINDOWS, Cut, cut_of


@pytest.mark.parametrize(
    ("cut", "first", "last"),
    [
        (Cut(), "F1", "F140"),
        (Cut(3, scale="mV"), "mV1", "mV3"),
        (Cut(141, PEAK_WINDOW), "F-250ms", "F450ms"),
        (Cut(140, PEAK_WINDOW, "mV"), "mV-250ms", "mV450ms"),
        (Cut(4, beside=RHYTHM + LIKENESS), "F1", "like_qrs"),
    ],
    ids=["plain", "mV", "peak", "both", "beside"],
)
def test_the_names_tell_the_cut(cut, first, last):
    assert (cut.names[0], cut.names[-1]) == (first, last)
    assert cut_of(cut.names, len(cut.names)) == cut


def test_times_have_a_tenth_of_a_millisecond():
    assert Cut(8, (-300.0, 400.05)).names == (
        "F-300ms",
        "F-200ms",
        "F-100ms",
        "F0ms",
        "F100ms",
        "F200ms",
        "F300ms",
        "F400ms",
    )
    assert Cut(140, PEAK_WINDOW).names[1:3] == ("F-245ms", "F-239.9ms")


@given(
    length=st.integers(2, 500),
    window=st.none() | st.tuples(st.integers(-600, 0), st.integers(100, 900)),
    scale=st.sampled_from(SCALES),
    beside=st.lists(st.sampled_from(RHYTHM + LIKENESS), unique=True),
)
def test_every_cut_is_read_back_from_its_names(length, window, scale, beside):
    limits = window and (float(window[0]), float(window[1]))
    cut = Cut(length, limits, scale, tuple(beside))
    assert len(set(cut.names)) == length + len(beside)
    assert cut_of(cut.names, len(cut.names)) == cut


@pytest.mark.parametrize(
    ("names", "length"),
    [
        (None, 12),
        (["0", "1", "2"], 3),
        (["att1", "att2", "att3"], 3),
        (["lead2_7", "lead2_8"], 2),
        (["0.000", "0.004", "0.008"], 3),
        (["F0", "F1"], 2),
    ],
)
def test_names_of_others_stand_for_beats_as_the_archive_has_them(names, length):
    assert cut_of(names, length) == Cut(length)


@pytest.mark.parametrize(
    "names",
    [
        ["F1", "F2", "age"],
        ["age", "F1", "F2"],
        ["F1", "F3"],
        ["F1", "mV2"],
        ["F1", "F2", "rr_previous", "age"],
        ["F1", "F2", "rr_other"],
        ["rr_previous", "F1", "F2"],
        ["rr_previous"],
        ["F1", "F2", "like_other"],
        ["F-250ms", "F0ms", "F450ms"],
        ["F-250ms", "F450"],
        ["age", "weight"],
        ["F1", "F2", "rr_local", "rr_local"],
    ],
    ids=" ".join,
)
def test_features_that_no_recording_has_are_refused(names):
    with pytest.raises(DataError, match="the features of this model cannot be cut from a recording"):
        cut_of(names, len(names))


def test_of_many_features_some_are_named():
    names = [f"F{number}" for number in range(1, 100)]
    with pytest.raises(DataError, match=r"\(F1, F2, \.\.\., F99, age\)"):
        cut_of([*names, "age"], 100)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"length": 1}, "--length must be at least 2, not 1"),
        ({"length": 7002, "window": "peak"}, "--length must be at most 7001 with --window peak, not 7002"),
        ({"window": "qrs"}, f"the window must be {WINDOWS[0]} or {WINDOWS[1]}, not qrs"),
        ({"scale": "V"}, "the scale must be deviation or mV, not V"),
    ],
    ids=["short", "long", "window", "scale"],
)
def test_a_cut_that_cannot_be_is_refused(wanted, message):
    with pytest.raises(DataError, match=message):
        Cut.chosen(**({"length": None, "window": "beat", "scale": "deviation"} | wanted), rhythm=False, likeness=False)


def test_each_window_has_a_length_of_its_own():
    assert Cut.chosen(None, "beat", "deviation", rhythm=False, likeness=False) == Cut(140)
    assert Cut.chosen(None, "peak", "mV", rhythm=True, likeness=True).names[34:36] == ("mV450ms", "rr_previous")
