"""WFDB's headers and formats, compared with the package wfdb where it reads them right."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.recordings.lead import read_lead
from data.recordings.wfdb.formats import DIFFERENCES, FORMATS
from data.recordings.wfdb.header import read_header
from data.recordings.wfdb.record import WfdbRecord, header_of, is_wfdb, record_of
from data.recordings.wfdb.signal_file import FLAC_BITS, open_signal

FRAMES = 101


def write_random(folder, kind):
    """Write a record of two signals with random bytes."""
    size = math.ceil(2 * FRAMES * FORMATS[kind].bytes / FORMATS[kind].samples / 4) * 4
    stored = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    if kind == "311":
        stored[3::4] &= 0x3F  # the package takes one of the two bits beside the samples for a part of them
    (folder / "r.dat").write_bytes(stored.tobytes())
    (folder / "r.hea").write_text(
        f"r 2 250 {FRAMES}\nr.dat {kind} 100(3)/mV 12 0 7 0 0 a\nr.dat {kind} 50(-5)/mV 12 0 9 0 0 b\n"
    )
    return folder / "r"


@pytest.mark.parametrize("kind", list(FORMATS))
def test_each_format_is_read_as_the_package_reads_it(tmp_path, kind):
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    record = write_random(tmp_path, kind)
    values = wfdb.rdrecord(str(record)).p_signal
    for index, name in enumerate("ab"):
        np.testing.assert_allclose(read_lead(record, name).samples, values[:, index], rtol=1e-6)


@pytest.mark.parametrize("kind", list(FORMATS))
@given(cut=st.integers(1, FRAMES - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_blocks_have_the_same_samples_as_one_read(tmp_path, kind, cut):
    header = read_header(header_of(write_random(tmp_path, kind)))
    whole = open_signal(header, header.signals[1]).read(0, FRAMES)
    file = open_signal(header, header.signals[1])
    np.testing.assert_array_equal(np.concatenate([file.read(0, cut), file.read(cut, FRAMES)]), whole)
    assert len(whole) == FRAMES
    assert (kind == DIFFERENCES) == (file.missing is None)


@pytest.mark.parametrize("kind", list(FLAC_BITS))
def test_compressed_samples(tmp_path, kind):
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    values = np.random.default_rng(0).integers(-100, 100, (FRAMES, 2)) << (FLAC_BITS[kind] - 8)
    wfdb.wrsamp(
        "r",
        fs=250,
        units=["mV"] * 2,
        sig_name=["a", "b"],
        d_signal=values,
        fmt=[kind] * 2,
        adc_gain=[1000.0] * 2,
        baseline=[0] * 2,
        write_dir=str(tmp_path),
    )
    np.testing.assert_allclose(read_lead(tmp_path / "r", "b").samples, values[:, 1] / 1000, rtol=1e-6)


def test_signals_with_equal_descriptions_are_distinguished(tmp_path):
    np.arange(200, dtype="<i2").tofile(tmp_path / "r.dat")
    (tmp_path / "r.hea").write_text("r 2 250 100\n" + 2 * "r.dat 16 1/mV 16 0 0 0 0 ECG\n")
    assert read_lead(tmp_path / "r", "1").samples[:3].tolist() == [1, 3, 5]


@pytest.mark.parametrize("name", ["r", "r.hea", "r.dat"])
def test_a_record_is_known_by_each_of_its_names(tmp_path, name):
    write_random(tmp_path, "16")
    assert is_wfdb(tmp_path / name)
    assert record_of(tmp_path / name) == tmp_path / "r"
    assert header_of(tmp_path / name) == tmp_path / "r.hea"


def test_samples_without_a_header_are_named(tmp_path):
    (tmp_path / "r.dat").write_bytes(bytes(10))
    with pytest.raises(DataError, match=r"r\.dat: the samples of a WFDB record; put its header r\.hea beside it"):
        read_lead(tmp_path / "r.dat")


@given(rest=st.text(max_size=80), lines=st.lists(st.text(max_size=60), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_header_is_read_or_refused(tmp_path, rest, lines):
    (tmp_path / "x.hea").write_text("\n".join([f"x {rest}", *lines]), encoding="utf-8")
    sentence = None
    try:
        record = WfdbRecord(tmp_path / "x.hea")
        assert len(record.channels) == len(record.names)
        assert all(channel.rate > 0 for channel in record.channels)
    except DataError as error:
        sentence = str(error)
    assert sentence is None or sentence.startswith(str(tmp_path))


numbers = st.sampled_from(["", "0", "1", "-5", "2.5", "1e3", "1e-300", "1e300", "nan", "x"])


@given(words=st.tuples(*[numbers] * 9), count=st.sampled_from(["1", "2", "x"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_fields_of_a_header_are_read_or_refused(tmp_path, words, count):
    (tmp_path / "x.dat").write_bytes(bytes(100))
    rate, length, gain, *rest = words
    (tmp_path / "x.hea").write_text(f"x {count} {rate} {length}\nx.dat 16 {gain} {' '.join(rest)}\n")
    sentence = None
    try:
        lead = read_lead(tmp_path / "x.hea")
        assert np.isfinite(lead.rate)
        assert np.isfinite(lead.samples).all()
    except DataError as error:
        sentence = str(error)
    assert sentence is None or sentence.startswith(str(tmp_path))
