"""Rates, units and names in the metadata of devices, in several languages."""

import pytest

from data.recordings.text.metadata import is_metadata, read_metadata
from data.recordings.text.units import hertz, split_name, time_unit
from data.recordings.units import millivolts


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        ("Sample Rate,512 hertz", 512),
        ("Sample Rate,512.844 hertz", 512.844),
        ('Messrate,"511,844 Hertz"', 511.844),
        ("Abtastrate [Hz];500", 500),
        ("Abtastfrequenz: 1 kHz", 1000),
        ("Fréquence d\u2019échantillonnage,512 hertz", 512),
        ("Taux d'échantillonnage = 250", 250),
        ("Frecuencia de muestreo,512 hercios", 512),
        ("Frequenza di campionamento,512 hertz", 512),
        ("Frequência de amostragem,512 hertz", 512),
        ("Samplefrequentie,512 hertz", 512),
        ("Samplingsfrekvens,512 hertz", 512),
        ("Näytteenottotaajuus,512 hertsiä", 512),
        ("Częstotliwość próbkowania,512 Hz", 512),
        ("Частота дискретизации,512 Гц", 512),
        ("サンプルレート,512ヘルツ", 512),
        ("采样速率,512赫兹", 512),
        ("取樣頻率,512赫茲", 512),
        ("샘플링 속도,512헤르츠", 512),
        ("Samples per second: 128", 128),
        ("fs=360", 360),
        ("Sampling Frequency (Hz),300", 300),
        ("Sample interval (ms): 4", 250),
        ("Interval=\t0.001 s", 1000),
        ("2 msec/sample", 500),
        ("Data rate: 128 sps", 128),
    ],
)
def test_a_line_tells_the_rate(line, rate):
    assert read_metadata([line]).rates == [pytest.approx(rate)]
    assert is_metadata(line)


@pytest.mark.parametrize(
    "line",
    [
        "High-pass filter: 0.5 Hz",
        "Notch,50 Hz",
        "Netzfilter;50 Hz",
        "Heart rate: 72",
        "Samples: 15360",
        "Software Version,1.90",
        "Recorded Date,2020-01-01 12:00:00 +0000",
        "Gain: 10 mm/mV",
    ],
)
def test_other_lines_tell_no_rate(line):
    assert read_metadata([line]).rates == []


def test_the_rate_of_the_ecg_comes_first():
    lines = ["ACC sampling rate,52", "ECG sampling rate,130", "PPG sampling rate,55"]
    assert read_metadata(lines).rates[0] == 130


def test_the_line_before_the_unit_is_the_lead_in_any_language():
    metadata = read_metadata(["Klassifikation,Sinus", "", "Ableitung,Ableitung I", "Einheit,µV"])
    assert (metadata.lead, metadata.unit) == ("Ableitung I", "µV")


@pytest.mark.parametrize("line", ["time,ECG", "ms\tmV", "Zeit [ms];EKG I [mV]", "ECG (µV, 250 Hz)", "ecg_250Hz"])
def test_rows_of_names_and_units_are_no_metadata(line):
    assert not is_metadata(line)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("mV", 1),
        ("V", 1000),
        ("µV", 1e-3),
        ("μV", 1e-3),
        ("uV", 1e-3),
        ("nV", 1e-6),
        ("Volts", 1000),
        ("millivolts", 1),
        ("Mikrovolt", 1e-3),
        ("microvoltios", 1e-3),
        ("(mV)", 1),
        ("[uV]", 1e-3),
    ],
)
def test_voltages_become_millivolts(unit, expected):
    assert millivolts(unit) == pytest.approx(expected)


@pytest.mark.parametrize("unit", ["", "adu", "bpm", "mm", "s", "value", "g", "Voltage", "volume"])
def test_other_units_stay(unit):
    assert millivolts(unit) is None


@pytest.mark.parametrize(
    ("name", "bare", "unit"),
    [
        ("ecg [uV]", "ecg", "uV"),
        ("ECG (mV)", "ECG", "mV"),
        ("ECG (µV, 250 Hz)", "ECG", "µV"),
        ("ecg_mV", "ecg_mV", "mV"),
        ("ECG (left arm)", "ECG (left arm)", ""),
        ("V5", "V5", ""),
        ("aVL", "aVL", ""),
    ],
)
def test_a_name_is_split_from_its_unit(name, bare, unit):
    assert split_name(name) == (bare, unit)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("time_ms", "ms"),
        ("Time (s)", "s"),
        ("sensor timestamp [ns]", "ns"),
        ("micros", "us"),
        ("Zeit [µs]", "us"),
        ("seconds", "s"),
        ("millis", "ms"),
        ("Time (min)", "min"),
        ("timestamp", None),
        ("time", None),
        ("t", None),
    ],
)
def test_a_name_tells_the_unit_of_time(name, unit):
    assert time_unit(name) == unit


@pytest.mark.parametrize(("text", "rate"), [("ecg_250Hz", 250), ("ECG (1 kHz)", 1000), ("ECG", None), ("lead 2", None)])
def test_a_name_tells_the_rate(text, rate):
    assert hertz(text) == rate
