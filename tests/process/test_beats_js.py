"""The page's modules beside Python: the same signals, peaks and beats of the same recording."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.recordings.annotations import match, read_annotations
from data.recordings.lead import Lead, read_lead
from data.recordings.peaks import find_peaks
from data.recordings.windows import cut_beats
from tests.recordings import heartbeats, strip, write_edf, write_table

SCRIPT = Path(__file__).with_name("beats.mjs")
FLAT_HOLD = Path(__file__).parents[1] / "cases" / "recordings" / "flat_hold"
RATE = 250
BEATS = heartbeats(RATE, 20)
LATE_HOLE = "time,II\n" + "".join(f"{sample / RATE + 2 * (sample > 3000)},1\n" for sample in range(6000))


@pytest.fixture(scope="module")
def node():
    """Run the modules in node."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed, which runs the page's modules")

    def run(*files, length=140, rate="-", heap=1000):
        command = [program, f"--max-old-space-size={heap}", str(SCRIPT), str(length), str(rate), *map(str, files)]
        return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)

    return run


@pytest.fixture(scope="module")
def leads():
    noise = np.random.default_rng(0).normal(0, 0.02, 20 * RATE)
    samples = (strip(BEATS, RATE, 20 * RATE) + noise).astype(np.float32)
    return {"resp": np.zeros_like(samples), "ECG II": samples}


def write_record(folder: Path, leads: dict[str, NDArray[np.float32]], form: str) -> tuple[Path, Path]:
    wfdb = pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    samples = np.column_stack(list(leads.values())).astype(np.float64)
    wfdb.wrsamp(
        "strip",
        fs=RATE,
        units=["mV"] * len(leads),
        sig_name=list(leads),
        p_signal=samples,
        fmt=[form] * len(leads),
        adc_gain=[800.0] * len(leads),
        baseline=[-12] * len(leads),
        write_dir=str(folder),
    )
    return folder / "strip.hea", folder / "strip.dat"


def same_as_python(told: dict[str, Any], lead: Lead, length: int = 140) -> None:
    np.testing.assert_allclose(told["samples"], lead.samples[:1000], atol=1e-6)
    peaks = find_peaks(lead.samples, lead.rate)
    assert told["peaks"] == peaks.tolist()
    beats = list(cut_beats(lead.samples, lead.rate, peaks, length))
    assert [beat["peak"] for beat in told["beats"]] == [peaks[index] for index, _ in beats]
    np.testing.assert_allclose([beat["values"] for beat in told["beats"]], [values for _, values in beats], atol=1e-4)


@pytest.mark.parametrize("form", ["16", "212"])
def test_a_wfdb_record(node, leads, tmp_path, form):
    header, samples = write_record(tmp_path, leads, form)
    told = node(header, samples)
    assert [(each["name"], each["rate"], each["unit"]) for each in told["signals"]] == [
        ("resp", RATE, "mV"),
        ("ECG II", RATE, "mV"),
    ]
    same_as_python(told, read_lead(header))


def test_an_edf_file(node, leads, tmp_path):
    pytest.importorskip("pyedflib", reason="the package pyedflib is not installed")
    file = write_edf(tmp_path / "strip.edf", RATE, leads)
    told = node(file, length=33)
    assert [(each["name"], each["rate"], each["unit"], each["length"]) for each in told["signals"]] == [
        ("resp", RATE, "mV", 20 * RATE),
        ("ECG II", RATE, "mV", 20 * RATE),
    ]
    same_as_python(told, read_lead(file), 33)


def test_a_table_with_times(node, leads, tmp_path):
    file = write_table(tmp_path / "strip.csv", RATE, leads)
    same_as_python(node(file), read_lead(file))


@pytest.mark.parametrize(
    ("text", "rate", "expected"),
    [
        ("'Elapsed time','II'\n'hh:mm:ss.mmm','mV'\n'0:00.000',1\n'0:00.004',2\n'0:00.008',\n", "-", ["II", 250]),
        ("# note\nms\tII\n0\t1\n4\t2\n8\t3\n", "-", ["II", 250]),
        ("0,1\n0.004,2\n0.008,0\n", "-", ["signal 2", 250]),
        ("'sample #','II'\n0,1\n1,2\n2,4\n", "360", ["II", 360]),
        ("1\n2\n3.5\n", "100", ["signal 1", 100]),
    ],
    ids=["rdsamp", "milliseconds", "no header", "sample numbers", "one column"],
)
def test_a_table_is_understood_as_in_python(node, tmp_path, text, rate, expected):
    file = tmp_path / "strip.csv"
    file.write_text(text)
    told = node(file, rate=rate)
    lead = read_lead(file, rate=None if rate == "-" else float(rate))
    assert [[each["name"], each["rate"]] for each in told["signals"]] == [expected] == [[lead.name, lead.rate]]
    assert [float("nan") if value is None else value for value in told["samples"]] == pytest.approx(
        lead.samples.tolist(), nan_ok=True
    )


def test_a_long_table_is_read_without_holding_its_lines(node, tmp_path):
    file = tmp_path / "flat.csv"
    file.write_text("0\n" * 1_000_000)
    assert node(file, rate=RATE, heap=40)["signals"][0]["length"] == 1_000_000


@pytest.mark.parametrize(
    ("name", "content", "message", "needs_rate"),
    [
        ("a.csv", "1\n2\n", "a.csv: say how many samples a second has", True),
        ("a.csv", "time,II\n0,1\n1,1\n2,1\n30,1\n31,1\n", "the times in column 1 do not go on in even steps", True),
        ("a.csv", LATE_HOLE, "the times in column 1 do not go on in even steps", True),
        ("a.csv", "II,V5\n1,2\n1,x\n", "a.csv, line 3, column 2: 'x' where a number is expected", False),
        ("a.csv", "", "a.csv: empty", False),
        ("a.csv", "time,II\n0,1\n1,1\n2,1\n", "II: 1 samples a second, where 40 to 100000", False),
        ("a.edf", "what", "a.edf: not an EDF file", False),
        ("a.hea", "a 1 250 10\na.dat 212 200 11 0 0 0 0 II\n", "a.hea: give the file a.dat with it", False),
        ("a.hea", "a 1 250 10\na.dat 80 200 11 0 0 0 0 II\n", "a.hea: signals of format 80", False),
        ("a.dat", "x", r"a.dat: give its header \(.hea\) with it", False),
        ("a.png", "x", "a.png: not a recording", False),
    ],
)
def test_what_is_no_recording_is_said_in_a_sentence(node, tmp_path, name, content, message, needs_rate):
    file = tmp_path / name
    file.write_text(content)
    told = node(file)
    assert told["needsRate"] == needs_rate
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(told["error"])


def test_a_broken_file_ends_in_signals_or_in_a_sentence(node, leads, tmp_path):
    short = {name: lead[: 4 * RATE] for name, lead in leads.items()}
    pytest.importorskip("pyedflib", reason="the package pyedflib is not installed")
    for files in (
        write_record(tmp_path, short, "212"),
        [write_edf(tmp_path / "strip.edf", RATE, short)],
        [write_table(tmp_path / "strip.csv", RATE, short)],
    ):
        seen = node(*files, length="damage")
        assert seen["read"] > 0
        assert seen["refused"] > 0


@pytest.mark.parametrize("sign", [1, -1])
def test_gaps_and_flat_stretches_are_seen_as_in_python(node, leads, tmp_path, sign):
    samples = sign * leads["ECG II"].copy()
    samples[1000:1300], samples[2500:3500], samples[:20], samples[-20:] = np.nan, 0.4, np.nan, np.nan
    file = write_table(tmp_path / "strip.csv", RATE, {"ECG": samples})
    told = node(file)
    told["samples"] = [float("nan") if value is None else value for value in told["samples"]]
    same_as_python(told, read_lead(file))


def test_a_lead_that_is_held_for_minutes(node):
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    same_as_python(node(FLAT_HOLD.with_suffix(".hea"), FLAT_HOLD.with_suffix(".dat")), read_lead(FLAT_HOLD))


def test_stretches_of_every_kind_have_the_peaks_of_python(node, tmp_path):
    rng = np.random.default_rng(5)
    for number, rate in enumerate((40, 128, 360, 500.5)):
        length = int(400 * rate)  # more than a block
        samples = strip(heartbeats(rate, 400), rate, length) + rng.normal(0, 0.05, length).astype(np.float32)
        for filler in (np.nan, 0.0, np.nan, 5.0):
            start = int(rng.integers(length))
            samples[start : start + int(rng.uniform(0.2, 30) * rate)] = filler
        samples[int(300 * rate) :] *= np.float32(rng.uniform(0, 10))
        header, signals = tmp_path / f"s{number}.hea", tmp_path / f"s{number}.dat"
        digital = np.where(np.isnan(samples), -32768, np.rint(samples * 500)).astype("<i2")  # -32768 is a gap
        signals.write_bytes(digital.tobytes())
        header.write_text(f"s{number} 1 {rate} {length}\n{signals.name} 16 500 16 0 0 0 0 ECG\n")
        read = np.where(digital == -32768, np.nan, digital / 500).astype(np.float32)
        assert node(header, signals)["peaks"] == find_peaks(read, rate).tolist()


def test_the_peaks_of_record_100_are_the_annotated_beats(node, real_data):
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    record = real_data / "mitdb" / "100"
    told = node(record.with_suffix(".hea"), record.with_suffix(".dat"))
    same_as_python(told, read_lead(record))
    annotated = read_annotations(record, None)
    assert annotated is not None
    matched = match(np.array(told["peaks"]), annotated.samples, 0.05 * 360) >= 0
    assert np.count_nonzero(matched) >= 0.99 * len(annotated.samples)
    assert np.count_nonzero(matched) >= 0.99 * len(matched)
