"""A recording: its strip, the R peaks with their classes, and each beat to be chosen."""

import gzip
import math
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from data.recordings.cut import LIKENESS, PEAK_WINDOW, RHYTHM, Cut
from tests.browser.conftest import WIDTH, model_of
from tests.browser.test_accessibility import violations
from tests.support.beats.recordings import write_edf
from tests.support.serving.fake_serving import FakeServing

RATE = 250
BEATS = 24
PHONE = {"width": 360, "height": 740}


def strip_of(times: bool, beats: int = BEATS) -> str:
    """A synthetic lead as CSV: an R peak every 0.8 seconds, with a T wave after it."""
    rows = ["time,ECG" if times else "ECG"]
    for number in range(round((beats + 1) * 0.8 * RATE)):
        phase = (number / RATE + 0.4) % 0.8
        value = math.exp(-(((phase - 0.4) / 0.012) ** 2)) + 0.2 * math.exp(-(((phase - 0.65) / 0.04) ** 2))
        rows.append(f"{number / RATE:.3f},{value:.5f}" if times else f"{value:.5f}")
    return "\n".join(rows)


def drop(page, times=True, beats=BEATS):
    content = strip_of(times, beats).encode()
    page.locator("#files").set_input_files({"name": "lead.csv", "mimeType": "text/csv", "buffer": content})


@pytest.fixture
def recorded(page):
    drop(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    return page


def test_a_recording_becomes_beats_on_a_strip(recorded):
    expect(recorded.get_by_role("status")).to_contain_text(f"cut to {WIDTH} values")
    expect(recorded.locator("#strip-name")).to_contain_text(f"at {RATE} Hz")
    peaks = recorded.locator("#strip").get_by_role("button")
    assert peaks.count() in (10, 11)  # of eight seconds and a half, at 25 mm/s
    for peak in peaks.all():
        assert ", class " in (peak.get_attribute("aria-label") or "")


CUT = Cut(WIDTH - 8, PEAK_WINDOW, "mV", RHYTHM + LIKENESS)


@pytest.fixture
def of_a_cut(start, visit):
    """The page before a model of another cut."""
    fake = FakeServing(model_of(names=CUT.names))
    fake.start()
    yield visit(start(fake.target)).open()
    fake.stop()


def test_a_recording_is_cut_into_the_models_beats(of_a_cut, tmp_path):
    page = of_a_cut
    page.locator("#files").set_input_files(files_of("watch", tmp_path))
    window = "from \N{MINUS SIGN}250 to 450 ms of the R peak in mV"
    cut = f"{BEATS} beats cut to {WIDTH - 8} values {window}, with RR intervals and likeness to the usual beat"
    expect(page.get_by_role("status")).to_contain_text(f"{cut}. All are answered")
    page.get_by_label("Show the model's input values").check()
    expect(page.locator("#trace")).to_have_attribute("aria-label", re.compile(f"A trace of {WIDTH - 8} values"))
    expect(page.get_by_role("slider", name="Value")).to_have_attribute("max", str(WIDTH - 9))
    beside = page.get_by_role("row", name="RR before (seconds)")
    expect(beside).to_contain_text("0.80")
    page.get_by_text("Values as a table").click()
    expect(page.locator("#values-table")).to_contain_text("like_qrs")


def test_a_model_in_millivolts_takes_no_lead_without_a_unit(of_a_cut):
    drop(of_a_cut)
    expect(of_a_cut.get_by_role("alert")).to_contain_text("lead.csv: ECG has no unit; this model's beats in mV need")


def test_a_beat_is_chosen_by_its_peak_and_found_again_by_its_row(recorded):
    recorded.locator("#strip").get_by_role("button", name="Beat 4,").click()
    expect(recorded.locator("#beat-name")).to_contain_text("Beat 4 of")
    expect(recorded.locator("#strip").get_by_role("button", name="Beat 4,")).to_have_attribute("aria-pressed", "true")
    recorded.get_by_role("button", name="Beat 18", exact=True).click()
    expect(recorded.locator("#strip").get_by_role("button", name="Beat 18,")).to_have_attribute("aria-pressed", "true")


def test_a_beat_that_the_filter_hides_is_still_explained(recorded):
    recorded.get_by_label("Show", exact=True).select_option("waiting")
    recorded.locator("#strip").get_by_role("button", name="Beat 4,").click()
    expect(recorded.locator("#beat-name")).to_contain_text("Beat 4 of")
    expect(recorded.locator("#deciding")).to_contain_text("for class")
    expect(recorded.locator("#strip").get_by_role("button", name="Beat 4,")).to_be_focused()


def test_the_focus_stays_on_a_peak_while_answers_come(page, serving):
    with serving.hold():
        drop(page)
        serving.wait_for_held()
        page.locator("#strip").get_by_role("button", name="Beat 5,").focus()
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    expect(page.locator("#strip").get_by_role("button", name="Beat 5, class")).to_be_focused()


def test_the_strip_is_moved_along(recorded):
    expect(recorded.locator("#moment-text")).to_contain_text(re.compile(r"0:00:00\.0 to 0:00:08\.\d of"))
    recorded.get_by_role("button", name="Later").click()
    expect(recorded.locator("#strip").get_by_role("button", name="Beat 1,")).not_to_be_attached()
    recorded.get_by_role("slider", name="Part of the recording").fill("0")
    expect(recorded.locator("#strip").get_by_role("button", name="Beat 1,")).to_be_visible()


def test_downloaded_answers_have_each_beats_time_in_the_recording(recorded):
    with recorded.expect_download() as download:
        recorded.get_by_role("button", name="Download the answers as CSV").click()
    first, second = download.value.path().read_text().splitlines()[:2]
    assert first.startswith("beat,seconds,predicted_class")
    assert float(second.split(",")[1]) < 1.0


def test_another_lead_is_chosen_and_inverted(page):
    first, *rows = strip_of(times=True).splitlines()
    content = "\n".join([f"{first},V5", *(f"{row},{-float(row.split(',')[1])}" for row in rows)]).encode()
    page.locator("#files").set_input_files({"name": "leads.csv", "mimeType": "text/csv", "buffer": content})
    status, line = page.get_by_role("status"), page.locator("#strip path.line")
    expect(status).to_contain_text("lead ECG; ")
    upright = line.get_attribute("d")
    page.get_by_label("Lead", exact=True).select_option("V5")
    expect(status).to_contain_text("lead V5; ")
    assert line.get_attribute("d") != upright
    page.get_by_label("Invert the lead").check()
    expect(status).to_contain_text(f"lead V5, inverted; {BEATS - 1} beats cut")
    expect(page.get_by_label("Invert the lead")).to_be_focused()
    assert line.get_attribute("d") == upright


def test_a_recording_without_a_sampling_rate_asks_for_it(page):
    drop(page, times=False)
    page.get_by_label("Samples per second of this recording").fill(str(RATE))
    page.get_by_role("button", name="Read the recording").click()
    expect(page.locator("#strip-name")).to_contain_text(f"at {RATE} Hz")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_recording_may_have_more_samples_than_a_file_may_have_beats(page):
    drop(page, beats=270)  # 54,200 rows
    expect(page.get_by_role("status")).to_contain_text("lead ECG; 269 beats cut")


def files_of(kind: str, folder: Path) -> list[Path]:
    """The same lead in a format; cut short where it can be."""
    samples = np.array([float(row.split(",")[1]) for row in strip_of(times=True).splitlines()[1:]], np.float32)
    if kind == "EDF":
        file = write_edf(folder / "lead.edf", RATE, {"ECG": samples})
        file.write_bytes(file.read_bytes()[: -2 * RATE])
        return [file]
    if kind == "WFDB":
        (folder / "lead.hea").write_text(f"lead 1 {RATE} {len(samples) + RATE}\nlead.dat 16 1000/mV 16 0 0 0 0 ECG\n")
        (folder / "lead.dat").write_bytes(np.rint(1000 * samples).astype("<i2").tobytes())
        return [folder / "lead.hea", folder / "lead.dat"]
    if kind == "watch":
        given_lines = [
            "Name,X",
            "Recorded Date,2024-01-01 12:00:00",
            f"Sample Rate,{RATE} hertz",
            "",
            "Lead,Lead I",
            "Unit,µV",
            "",
        ]
        (folder / "lead.csv").write_text("\n".join([*given_lines, *(f"{1000 * value:.3f}" for value in samples)]))
        return [folder / "lead.csv"]
    times = [n / RATE + 20 * (n > 2500) for n in range(len(samples))]
    rows = [f"{1_700_000_000 + time:.3f};{1000 * value:.1f};note" for time, value in zip(times, samples, strict=True)]
    text = "\n".join(["timestamp;ecg [µV];remark", *rows]).replace(".", ",")
    (folder / "lead.csv.gz").write_bytes(gzip.compress(text.encode()))
    return [folder / "lead.csv.gz"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("WFDB", "Truncated: 5000 of 5250 samples exist and are read."),
        ("EDF", "Truncated: 19 of 20 records are complete and are read."),
        ("CSV", "1 gap in the times, where 5000 samples are missing."),
        ("watch", "in the lead Lead I; 23 beats cut"),
    ],
    ids=["WFDB", "EDF", "CSV", "watch"],
)
def test_each_kind_of_recording_is_opened_and_described(page, tmp_path, kind, said):
    if kind == "EDF":
        pytest.importorskip("pyedflib", reason="the package pyedflib is not installed")
    page.locator("#files").set_input_files(files_of(kind, tmp_path))
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    expect(page.get_by_role("status")).to_contain_text(said)
    expect(page.locator("#strip-name")).to_contain_text(f"at {RATE} Hz")


def test_a_file_that_is_not_a_recording_is_rejected(page):
    page.locator("#files").set_input_files({"name": "lead.edf", "mimeType": "", "buffer": b"no"})
    expect(page.get_by_role("alert")).to_contain_text("lead.edf: not an EDF or BDF file")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_strip_is_accessible(visit, gateway, scheme):
    page = visit(gateway, viewport=PHONE, color_scheme=scheme, reduced_motion="reduce").open()
    drop(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert violations(page) == []


def test_a_record_of_half_an_hour_is_shown(page, real_data):
    record = real_data / "mitdb" / "100"
    page.locator("#files").set_input_files([record.with_suffix(".hea"), record.with_suffix(".dat")])
    expect(page.get_by_role("status")).to_contain_text("All are answered", timeout=60_000)
    expect(page.locator("#strip-name")).to_contain_text(re.compile(r"30\smin 5.6\ss at 360 Hz"))
