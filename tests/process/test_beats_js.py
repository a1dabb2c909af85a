"""The page's modules compared with Python: the same leads, peaks and beats of a recording, the same rows of a table.

The cases of tests/cases are those of the Python readers: one table holds both to what is right.
"""

import json
import shutil
import subprocess
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.annotations import match, read_annotations
from data.recordings.cut import LIKENESS, PEAK_WINDOW, RHYTHM, Cut, cut_of
from data.recordings.lead import Lead, read_lead
from data.recordings.peaks import find_peaks
from data.recordings.windows import cut_beats
from tests.support.beats.recordings import heartbeats, strip, write_edf, write_table

FLAT_HOLD = Path(__file__).parents[1] / "cases" / "recordings" / "flat_hold"
SCRIPT = Path(__file__).with_name("beats.mjs")
CASES = Path(__file__).parents[1] / "cases"
RATE = 250
PLAIN = Cut()
CUTS = [
    Cut(70, PEAK_WINDOW),
    Cut(187, (-399.9, 333.3), "mV", RHYTHM + LIKENESS),
    Cut(50, None, "mV"),
    Cut(51, None, "mV", ("like_qrs", "rr_next_local")),
    Cut(140, beside=RHYTHM[::-1]),
]
BEATS = heartbeats(RATE, 20)
LATE_HOLE = "time,II\n" + "".join(f"{sample / RATE + 172800 * (sample > 3000)},1\n" for sample in range(6000))
# what training needs as options; the page has no such options, and shows labels as they stand
OF_TRAINING = {"label", "group", "drop", "classes"}
FEW = (3, 2, 1)  # values of a beat in the tables of cases that are refused


def of_page(case: dict[str, Any]) -> bool:
    """Whether the page has to do with it: it takes no options of training, checks no labels, and reads JSON."""
    error = case.get("error", "")
    return not OF_TRAINING & case.keys() and "(label)" not in error and error != "JSON"


def cases_of(folder: str) -> list[tuple[Path, dict[str, Any]]]:
    """The cases of all tables in a folder, each with its file, which is in the same folder."""
    tables = [(path.parent, tomllib.loads(path.read_text())) for path in sorted((CASES / folder).glob("*.toml"))]
    all_cases = [(place, case) for place, table in tables for case in table["case"] + table.get("prediction", [])]
    return [(place / case["file"], case) for place, case in all_cases if of_page(case)]


CASES_OF = {folder: cases_of(folder) for folder in ("recordings", "tables")}


def params(folder: str) -> list[Any]:
    return [pytest.param(*each, id=f"{number}-{each[1]['file']}") for number, each in enumerate(CASES_OF[folder])]


@pytest.fixture(scope="module")
def node():
    """Run the modules in node."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed, which runs the page's modules")

    def run(requests, heap=1000):
        command = [program, f"--max-old-space-size={heap}", str(SCRIPT)]
        asked = json.dumps(requests).encode()
        return json.loads(subprocess.run(command, input=asked, check=True, capture_output=True, timeout=600).stdout)

    return run


def recording(*files: Path, **more: Any) -> dict[str, Any]:
    return {"task": "recording", "paths": list(map(str, files)), **more}


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


def numbers(values: list[float | None]) -> list[float]:
    return [float("nan") if value is None else value for value in values]


def features_of(cut: Cut) -> dict[str, Any]:
    return {"count": len(cut.names), "names": list(cut.names)}


def same_as_python(answer: dict[str, Any], lead: Lead, cut: Cut = PLAIN) -> None:
    np.testing.assert_allclose(numbers(answer["first"]), lead.samples[:1000], atol=1e-6)
    peaks = find_peaks(lead.samples, lead.rate)
    assert answer["peaks"] == peaks.tolist()
    beats = list(cut_beats(lead.samples, lead.rate, peaks, cut))
    assert [beat["peak"] for beat in answer["beats"]] == [peaks[index] for index, _ in beats]
    np.testing.assert_allclose([beat["values"] for beat in answer["beats"]], [values for _, values in beats], atol=1e-4)


def files_of(path: Path) -> list[Path]:
    """The files that a person would choose: a header together with all files of its folder."""
    if path.suffix != ".hea":
        return [path]
    return [path, *(other for other in sorted(path.parent.iterdir()) if other.is_file() and other != path)]


@pytest.fixture(scope="module")
def answers(node):
    """What the page makes of all cases, by file and request: one process for all of them."""
    requests = [
        request
        for folder in ("recordings", "tables")
        for path, case in CASES_OF[folder]
        for request in asked(path, case)
    ]
    return {json.dumps(request): answer for request, answer in zip(requests, node(requests), strict=True)}


def asked(path: Path, case: dict[str, Any]) -> list[dict[str, Any]]:
    if path.parent.name != "tables":
        options = {key: value for key, value in case.get("options", {}).items() if key in ("channel", "rate")}
        return [recording(*files_of(path), options=options)]
    features = case.get("right", {}).get("features", [])
    width = case.get("width", features if isinstance(features, int) else len(features))
    table = {"task": "table", "paths": [str(path)], "names": case.get("names")}
    return [table | {"width": each} for each in ([width] if width else FEW)]


@pytest.mark.parametrize(("path", "case"), params("recordings"))
def test_a_recording_of_the_cases(answers, path, case):
    answer = answers[json.dumps(*asked(path, case))]
    if "error" in case:
        assert case.get("page_error", case["error"]).replace("say with --rate how", "say how") in answer["error"]
        return
    right = case["right"]
    assert "error" not in answer, answer
    assert answer["rate"] == pytest.approx(right["rate"], rel=right.get("within", 1e-5))
    exact = {key: right[key] for key in ("lead", "unit", "samples", "gaps") if key in right}
    assert {key: answer[key] for key in exact} == exact
    assert numbers(answer["first"])[: len(right["first"])] == pytest.approx(right["first"], rel=1e-5, abs=2e-4)
    assert right.get("word", "") in " ".join(answer["said"])
    if "mean" in right:
        assert answer["mean"] == pytest.approx(right["mean"], abs=2e-4)
    if "peaks" in right:
        assert abs(len(answer["peaks"]) - right["peaks"]) <= right["peaks_off"]


@pytest.mark.parametrize(("path", "case"), params("tables"))
def test_a_table_of_the_cases(answers, path, case):
    given = [answers[json.dumps(request)] for request in asked(path, case)]
    error = case.get("page_error", case.get("error"))
    if error is not None:
        # where the command wants --drop, the page leaves the column out, or names it
        word = error.split(" ", 1)[1].strip('"') if error.startswith("--") else error
        said = [(answer.get("error") or answer["understood"]).replace("Column", "column") for answer in given]
        assert any(word in each for each in said), said
        return
    right, [answer] = case["right"], given
    assert "error" not in answer, answer
    assert (answer["rows"], answer["features"]) == (right["rows"], *{len(answer["first"])})
    if "labels" in right:
        names = right.get("class_names")
        assert answer["labels"][: len(right["labels"])] == [
            names[label] if names else str(label) for label in right["labels"]
        ]
    for name in right.get("left_out", []):
        # the page shows text labels, also those that a model need not know
        is_label = "the label is the last column" in answer["understood"] and name == f"column {answer['features'] + 1}"
        assert is_label or name in answer["understood"].replace("Column", "column")


@pytest.mark.parametrize("form", ["16", "212"])
def test_a_wfdb_record(node, leads, tmp_path, form):
    header, samples = write_record(tmp_path, leads, form)
    [answer] = node([recording(header, samples)])
    assert answer["leads"] == [{"name": name, "rate": RATE, "unit": "mV"} for name in ("resp", "ECG II")]
    same_as_python(answer, read_lead(header))


def test_an_edf_file(node, leads, tmp_path):
    pytest.importorskip("pyedflib", reason="the package pyedflib is not installed")
    file = write_edf(tmp_path / "strip.edf", RATE, leads)
    [answer] = node([recording(file, features=features_of(Cut(33)))])
    assert answer["leads"] == [{"name": name, "rate": RATE, "unit": "mV"} for name in ("resp", "ECG II")]
    assert answer["samples"] == 20 * RATE
    same_as_python(answer, read_lead(file), Cut(33))


def test_a_table_with_times(node, leads, tmp_path):
    file = write_table(tmp_path / "strip.csv", RATE, leads)
    same_as_python(node([recording(file)])[0], read_lead(file))


def test_times_give_the_same_sampling_rate_as_in_python(node, tmp_path, caplog):
    rng, files = np.random.default_rng(7), []
    for rate, digits, lost in product((77, 360, 512, 800, 866, 999, 1000, 1500), (3, 6), (0, 0.03)):
        rows = np.flatnonzero(rng.random(9000) >= lost)
        rows = rows[(rows < 5000) | (rows > 5400)]  # a gap
        files.append(tmp_path / f"{rate}_{digits}_{lost}.csv")
        files[-1].write_text("time,ecg\n" + "".join(f"{3 + row / rate:.{digits}f},{row % 7}\n" for row in rows))
    for file, answer in zip(files, node([recording(file) for file in files]), strict=True):
        caplog.clear()
        lead = read_lead(file)
        assert answer["rate"] == pytest.approx(lead.rate, rel=1e-6), file
        assert (answer["samples"], answer["gaps"]) == (len(lead.samples), np.isnan(lead.samples).sum()), file
        for doubt in ("too few digits", "with some samples missing"):
            assert (doubt in " ".join(answer["said"])) == (doubt in caplog.text), file


def test_a_long_table_is_read_without_holding_its_lines(node, tmp_path):
    file = tmp_path / "flat.csv"
    file.write_text("0\n" * 1_000_000)
    [answer] = node([recording(file, options={"rate": RATE})], heap=40)
    assert answer["samples"] == 1_000_000


@pytest.mark.parametrize(
    ("name", "content", "message", "needs_rate"),
    [
        ("a.csv", "1\n2\n", "a.csv: say how many samples a second has", True),
        ("a.csv", LATE_HOLE, "line 3003, column 1 (time): the times jump by 48.0 hours", False),
        (
            "a.csv",
            "II,V5\n1,2\n1,2\n1,2\n1,x\n1,2\n",
            "a.csv, line 5, column 2 (V5): 'x' where a number is expected",
            False,
        ),
        ("a.csv", "", "a.csv: empty", False),
        ("a.csv", "time [s],II\n0,1\n1,1\n2,1\n", "a.csv: 1 samples per second, but an ECG needs 40 to 100000", True),
        ("a.edf", "what", "a.edf: not an EDF or BDF file", False),
        ("a.hea", "a 1 250 10\na.dat 212 200 11 0 0 0 0 II\n", "its samples are in a.dat, which does not exist", False),
        ("a.hea", "a 1 250 10\na.hea 9 200 11 0 0 0 0 II\n", "a.hea: samples in format 9", False),
        ("a.dat", "x", "a.dat: give its header (.hea) with it", False),
        ("a.xml", "x", "a.xml: not a recording", False),
    ],
)
def test_a_file_that_is_not_a_recording_gets_one_sentence(node, tmp_path, name, content, message, needs_rate):
    file = tmp_path / name
    file.write_text(content)
    options = {"channel": "V5", "rate": 250} if "V5" in content else {}
    [answer] = node([recording(file, options=options)])
    assert message in answer["error"]
    assert answer["needsRate"] == needs_rate


def test_a_broken_file_ends_in_signals_or_in_a_sentence(node, leads, tmp_path):
    short = {name: lead[: 4 * RATE] for name, lead in leads.items()}
    pytest.importorskip("pyedflib", reason="the package pyedflib is not installed")
    for files in (
        write_record(tmp_path, short, "212"),
        [write_edf(tmp_path / "strip.edf", RATE, short)],
        [write_table(tmp_path / "strip.csv", RATE, short)],
    ):
        [seen] = node([recording(*files) | {"task": "damage"}])
        assert seen["read"] > 0
        assert seen["refused"] > 0


@pytest.mark.parametrize("sign", [1, -1])
def test_gaps_and_flat_stretches_are_found_as_in_python(node, leads, tmp_path, sign):
    samples = sign * leads["ECG II"].copy()
    samples[1000:1300], samples[2500:3500], samples[:20], samples[-20:] = np.nan, 0.4, np.nan, np.nan
    file = write_table(tmp_path / "strip.csv", RATE, {"ECG": samples})
    same_as_python(node([recording(file)])[0], read_lead(file))


def test_a_lead_that_is_held_for_minutes(node):
    files = FLAT_HOLD.with_suffix(".hea"), FLAT_HOLD.with_suffix(".dat")
    for cut in (PLAIN, CUTS[1]):
        same_as_python(node([recording(*files, features=features_of(cut))])[0], read_lead(FLAT_HOLD), cut)


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: f"{cut.names[0]}-{cut.names[-1]}")
def test_beats_of_every_cut_are_those_of_python(node, leads, tmp_path, cut):
    samples = leads["ECG II"].copy()
    samples[1000:1030], samples[2500:3500], samples[4000] = np.nan, 0.4, np.nan  # gaps and a pause
    file = write_table(tmp_path / "strip.csv", RATE, {"ECG [mV]": samples})
    [answer] = node([recording(file, features=features_of(cut))])
    assert len(answer["beats"]) > 5
    same_as_python(answer, read_lead(file), cut)


NAMES = [
    *(list(cut.names) for cut in [PLAIN, *CUTS]),
    ["0", "1", "2"],
    ["att1", "att2"],
    ["0.000", "0.004"],
    ["F1", "F2", "age"],
    ["F1", "F3"],
    ["F1", "mV2"],
    ["F1", "F2", "rr_previous", "age"],
    ["F1", "F2", "rr_local", "rr_local"],
    ["rr_previous", "F1", "F2"],
    ["F1", "F2", "like_other"],
    ["F-250ms", "F0ms", "F450ms"],
    ["F-250ms", "F450"],
    [*PLAIN.names, "age"],
]


def test_the_names_of_a_models_features_give_the_same_cut(node):
    requests = [{"task": "cut", "paths": [], "features": {"count": len(names), "names": names}} for names in NAMES]
    for names, answer in zip(NAMES, node(requests), strict=True):
        assert answer.get("error", "").removeprefix("The recording cannot be read: ") == refusal(names)
        if "error" not in answer:
            cut = Cut(
                answer["length"], answer["window"] and tuple(answer["window"]), answer["scale"], tuple(answer["beside"])
            )
            assert cut == cut_of(names, len(names))


def refusal(names: list[str]) -> str:
    try:
        cut_of(names, len(names))
    except DataError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("cut", CUTS, ids=lambda cut: f"{cut.names[0]}-{cut.names[-1]}")
def test_a_table_of_beats_has_the_values_of_its_names(node, tmp_path, cut):
    rows = np.random.default_rng(0).normal(size=(12, len(cut.names))).round(4)
    names = ["record", *cut.names, "label"]
    lines = [",".join(["r1", *map(str, row), str(place % 2)]) for place, row in enumerate(rows)]
    file = tmp_path / "beats.csv"
    file.write_text("\n".join([f"# {cut.described()}", ",".join(names), *lines]))
    table = {"task": "table", "paths": [str(file)], "width": len(cut.names)}
    known = list(cut.names)
    same, turned, other = node([table | {"names": each} for each in (known, known[::-1], list(Cut(len(known)).names))])
    assert same["labels"] == [str(place % 2) for place in range(12)]
    np.testing.assert_allclose(same["first"], rows[0])
    np.testing.assert_allclose(turned["first"], rows[0][::-1])
    assert "beats.csv are cut differently from this model's beats: The values are " in other["error"]


def test_a_deciding_feature_after_the_trace_is_named(node):
    names = [*Cut(4).names, "rr_previous", "like_qrs"]
    explanation = {"predicted_class": 2, "baseline_score": 0, "score": 1}
    attributions = [0, 0.4, 0.2, 0.1, 0.3, -0.2]
    request = {"task": "deciding", "paths": [], "explanation": explanation | {"attributions": attributions}}
    [said] = node([request | {"features": {"count": 6, "names": names}}])
    parts = "the values 1 to 2 (60.0 %); from “RR before (seconds)” (30.0 %)."
    assert f"Most of the support for class 2 comes from {parts}" in said.replace("\N{NO-BREAK SPACE}", " ")


def test_a_model_of_one_value_takes_no_beats(node):
    [answer] = node([{"task": "cut", "paths": [], "features": {"count": 1, "names": None}}])
    assert "takes single values, no beats" in answer["error"]


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
        assert node([recording(header, signals)])[0]["peaks"] == find_peaks(read, rate).tolist()


def test_the_peaks_of_record_100_are_the_annotated_beats(node, real_data):
    pytest.importorskip("wfdb", reason="the package wfdb is not installed")
    record = real_data / "mitdb" / "100"
    cut = Cut(35, PEAK_WINDOW, beside=RHYTHM + LIKENESS)
    [answer] = node([recording(record.with_suffix(".hea"), record.with_suffix(".dat"), features=features_of(cut))])
    same_as_python(answer, read_lead(record), cut)
    annotated = read_annotations(record, None)
    assert annotated is not None
    matched = match(np.array(answer["peaks"]), annotated.samples, 0.05 * 360) >= 0
    assert np.count_nonzero(matched) >= 0.99 * len(annotated.samples)
    assert np.count_nonzero(matched) >= 0.99 * len(matched)
