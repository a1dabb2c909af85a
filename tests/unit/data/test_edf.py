"""Damaged EDF files, and the choice of the lead."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.recordings.channels import choose
from data.recordings.lead import read_lead
from data.recordings.signals import Channel
from data.recordings.units import in_millivolts, millivolts
from tests.cases.recordings.make import edf, stored


class Described:
    """Signals that are described by a header, without samples."""

    def __init__(self, *channels: tuple[str, float, str]) -> None:
        self.channels = [Channel(*channel) for channel in channels]
        self.names = [channel.name for channel in self.channels]

    def blocks(self, index):
        yield np.zeros(1, np.float32)

    def length(self, index):
        return 1

    def rate(self, index):
        return self.channels[index].rate

    def unit(self, index):
        return self.channels[index].unit


@pytest.mark.parametrize(
    ("channels", "lead"),
    [
        ([("HR ECG", 1, "bpm"), ("ECG", 250, "mV")], 1),
        ([("ECG rate", 250, "bpm"), ("ECG", 250, "mV")], 1),
        ([("ECG", 1, "mV"), ("EEG", 250, "mV")], 1),
        ([("EEG", 250, "mV"), ("ekg", 250, "adu")], 1),
        ([("ABP", 250, "mmHg"), ("II", 250, "mV"), ("V", 250, "mV")], 1),
        ([("a", 250, "adu"), ("b", 250, "adu")], 0),
        ([("ECG", 250, ""), ("ECG 2", 250, "mV")], 0),
    ],
)
def test_the_lead_is_the_most_likely_ecg(tmp_path, channels, lead):
    assert choose(tmp_path, Described(*channels), None) == [lead]


@pytest.mark.parametrize(
    ("channel", "places"),
    [
        ("ECGL-ECGR", [0, 1]),
        ("ecgr-ecgl", [1, 0]),
        ("ECGL-Ref", [0]),
        ("A-B", [3]),
        ("B-C-D", [4, 5]),
        ("C-D", [5]),
        ("2", [2]),
    ],
)
def test_a_difference_of_channels_differs_from_a_name_with_a_minus(tmp_path, channel, places):
    names = ["ECGL-Ref", "ECGR-Ref", "ECGR-Other", "A-B", "B", "C-D"]
    assert choose(tmp_path, Described(*((name, 250, "mV") for name in names)), channel) == places


@pytest.mark.parametrize("channel", ["ECGL-V", "ECGL-", "-", "9", "", "ECGL-ECGX"])
def test_a_channel_that_there_is_not(tmp_path, channel):
    with pytest.raises(DataError, match="its channels are 0 ECGL-Ref, 1 ECGX-Other"):
        choose(tmp_path, Described(("ECGL-Ref", 250, "mV"), ("ECGX-Other", 250, "mV")), channel)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        *[(unit, 1e-3) for unit in ("uV", "µV", "μV", "æV", "?V", "\ufffdV", "microvolt", "MICROVOLTS", " uV ")],
        *[(unit, 1) for unit in ("mV", "MV", "mv", "millivolts")],
        *[("V", 1000), ("volt", 1000), ("nV", 1e-6), ("nanovolts", 1e-6)],
        *[(unit, None) for unit in ("", "bpm", "mmHg", "adu", "kV", "mVs", "N/V")],
    ],
)
def test_units_of_voltage(unit, factor):
    assert millivolts(unit) == factor
    assert in_millivolts(unit) == ((factor, "mV") if factor else (1, unit.strip()))


whole = edf([{"name": "ECG", "stored": stored()}], 12)


fields = st.sampled_from([b"0", b"1", b"-1", b"3e38", b"1e308", b"-9", b"nan", b"inf", b"\xff", b"99999999", b"0.0001"])
places = st.one_of(st.integers(0, 511), st.sampled_from([184, 236, 244, 252, 352, 360, 368, 376, 384, 472]))


@given(at=places, text=fields.map(lambda text: text.ljust(8)) | st.binary(min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_any_header_is_read_or_refused(tmp_path, at, text):
    (tmp_path / "x.edf").write_bytes(whole[:at] + text + whole[at + len(text) :])
    sentence = None
    try:
        lead = read_lead(tmp_path / "x.edf")
        assert np.isfinite(lead.samples).all()
        assert np.isfinite(lead.rate)
    except DataError as error:
        sentence = str(error)
    assert sentence is None or sentence.startswith(str(tmp_path))


@given(size=st.integers(0, len(whole)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_truncated_file_has_its_complete_records(tmp_path, size):
    (tmp_path / "x.edf").write_bytes(whole[:size])
    records = (size - 512) // 400
    if records < 1:
        with pytest.raises(DataError, match=r"x\.edf"):
            read_lead(tmp_path / "x.edf")
    else:
        assert len(read_lead(tmp_path / "x.edf").samples) == 200 * records


def test_a_file_of_another_name_is_known_by_its_beginning(tmp_path):
    (tmp_path / "night.rec").write_bytes(whole)
    assert len(read_lead(tmp_path / "night.rec").samples) == 2400


def test_nothing_is_printed(tmp_path, capfd):
    (tmp_path / "x.edf").write_bytes(whole[:-1])
    read_lead(tmp_path / "x.edf")
    assert capfd.readouterr().out == ""
