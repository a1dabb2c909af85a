"""The page's reader of annotations compared with Python and wfdb: the same samples, symbols, texts and rate."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.recordings.annotations import CLASS_OF, LABEL_SECONDS, match, read_annotations

SCRIPT = Path(__file__).with_name("annotations.mjs")
MODULE = Path(__file__).parents[2] / "gateway" / "static" / "recording" / "annotations.js"
CASES = Path(__file__).parents[1] / "cases" / "recordings"


@pytest.fixture(scope="module")
def wfdb():
    return pytest.importorskip("wfdb", reason="the package wfdb is not installed")


def asked(*requests: dict[str, Any]) -> list[Any]:
    """Run the module in node."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed, which runs the page's modules")
    given = json.dumps(requests).encode()
    answers: list[Any] = json.loads(
        subprocess.run([program, str(SCRIPT)], input=given, check=True, capture_output=True, timeout=120).stdout
    )
    return answers


def read(*paths: Path, record: str | None = None, rate: float | None = None, lead: str = "ECG") -> dict[str, Any]:
    record = record or f"{paths[0].stem}.hea"
    [answer] = asked({"paths": list(map(str, paths)), "record": record, "rate": rate, "lead": lead})
    return dict(answer)


def same_as_wfdb(wfdb, file: Path, record: Path) -> None:
    answer = read(file, record=record.name, rate=360)
    [got, expected] = [answer["annotations"], wfdb.rdann(str(file.with_suffix("")), file.suffix[1:])]
    assert [one["sample"] for one in got["all"]] == expected.sample.tolist()
    assert [one["symbol"] for one in got["all"]] == expected.symbol
    assert [one["text"] for one in got["all"]] == [note.rstrip("\0") for note in expected.aux_note]
    annotated = read_annotations(record, file.suffix[1:])
    assert annotated is not None
    assert [one["sample"] for one in got["beats"]] == annotated.samples.tolist()
    assert [one["symbol"] for one in got["beats"]] == annotated.labels("symbols")
    assert got["rate"] == annotated.rate


def test_every_symbol_is_read_as_wfdb_reads_it(wfdb, tmp_path):
    (tmp_path / "r.hea").write_text("r 0 360 5000000\n")
    symbols = [label.symbol for label in wfdb.io.annotation.ann_labels if label.label_store]
    samples = np.arange(len(symbols)) * 1000 + 5
    samples[20:] += 1_200_000  # farther than a word can tell
    notes = ["(N" if symbol == "+" else "odd" * (symbol == '"') for symbol in symbols]
    channels, subtypes = np.arange(len(symbols)) % 2, np.arange(len(symbols)) % 3
    wfdb.wrann("r", "atr", samples, symbols, subtypes, channels, aux_note=notes, write_dir=str(tmp_path))
    same_as_wfdb(wfdb, tmp_path / "r.atr", tmp_path / "r.hea")
    assert {one["symbol"] for one in read(tmp_path / "r.atr")["annotations"]["beats"]} == set(CLASS_OF)


def test_annotations_may_have_a_rate_and_symbols_of_their_own(wfdb, tmp_path):
    own = [(42, "Z", "of its own")]
    wfdb.wrann("r", "atr", np.array([7, 9]), ["N", "Z"], fs=1000, custom_labels=own, write_dir=str(tmp_path))
    annotations = read(tmp_path / "r.atr", rate=360)["annotations"]
    assert annotations["rate"] == 1000
    assert [(one["sample"], one["symbol"]) for one in annotations["all"]] == [(7, "N"), (9, "Z")]


def test_annotations_go_with_their_recording(wfdb, tmp_path):
    wfdb.wrann("r", "atr", np.array([7]), ["N"], write_dir=str(tmp_path))
    names = ["other.atr", "r.edf.qrs", "r.edf.atr", "r.qrs"]
    for name in names:
        shutil.copy(tmp_path / "r.atr", tmp_path / name)
    names.remove("r.qrs")
    answer = read(*(tmp_path / name for name in names), record="r.edf")
    assert answer["annotations"]["name"] == "r.edf.atr"
    assert answer["said"] == [
        "the annotations in other.atr are of another recording than r.edf, and are not read",
        "the annotations are those of r.edf.atr; r.edf.qrs is not read",
    ]
    assert read(tmp_path / "r.qrs", record="r.edf")["annotations"]["name"] == "r.qrs"


def test_each_lead_may_have_annotations_of_its_own(wfdb, tmp_path):
    """As in LUDB, where Python reads them by `--channel ii --annotations ii`."""
    places = {"i": 7, "ii": 9, "v1": 11, "qrs": 13}
    for ending, sample in places.items():
        wfdb.wrann("r", "ann", np.array([sample]), ["N"], write_dir=str(tmp_path))  # v1 is no name for it
        (tmp_path / "r.ann").rename(tmp_path / f"r.{ending}")
    files = [tmp_path / f"r.{ending}" for ending in places]
    for lead, name in {"i": "r.i", "II": "r.ii", "v1": "r.v1", "V2": "r.i"}.items():
        answer = read(*files, lead=lead, rate=500)
        assert answer["annotations"]["name"] == name
        assert answer["annotations"]["beats"][0]["sample"] == places[name.removeprefix("r.")]
        assert answer["annotations"]["rate"] == 500
        assert answer["said"] == ["the annotations are those of r.i, r.ii, r.v1; r.qrs is not read"]
    shutil.copy(tmp_path / "r.i", tmp_path / "r.atr")
    assert read(*files, tmp_path / "r.atr", lead="ii")["annotations"]["name"] == "r.atr"
    (tmp_path / "r.ii").write_bytes(b"no annotations")
    answer = read(*files, lead="ii")
    assert answer["annotations"]["name"] == "r.i"
    assert answer["said"][-1] == "the file r.ii holds no WFDB annotations, or is cut short, and is not read"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\nand more", b"\x07\x04", b"\x07\xc0\0\0"])
def test_a_file_without_annotations_is_reported(tmp_path, content):
    (tmp_path / "r.atr").write_bytes(content)
    answer = read(tmp_path / "r.atr")
    assert answer["annotations"] is None
    assert answer["said"] == ["the file r.atr holds no WFDB annotations, or is cut short, and is not read"]


def test_a_peak_has_the_annotation_that_python_gives_it():
    rng = np.random.default_rng(0)
    requests, expected = [], []
    for count in (0, 1, 2, *rng.integers(3, 60, 40)):
        peaks = np.sort(rng.choice(900, 40, replace=False))
        samples = np.sort(rng.choice(900, count, replace=False))
        for reach in (0, 5.5, 40):
            requests.append({"peaks": peaks.tolist(), "samples": samples.tolist(), "reach": reach})
            expected.append(match(peaks, samples, reach).tolist())
    assert asked(*requests) == expected
    assert f"LABEL_SECONDS = {LABEL_SECONDS};" in MODULE.read_text()


@pytest.mark.parametrize("record", ["multi", "flat_hold"])
def test_the_annotations_of_the_cases_are_the_same(wfdb, record):
    same_as_wfdb(wfdb, CASES / f"{record}.atr", CASES / f"{record}.hea")


def test_the_annotations_of_record_100_are_the_same(wfdb, real_data):
    same_as_wfdb(wfdb, real_data / "mitdb" / "100.atr", real_data / "mitdb" / "100.hea")
