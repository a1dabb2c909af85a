"""One beat as people read ECGs: in ms and mV if known, and without false certainty."""

import re

import pytest
from playwright.sync_api import expect

from data.recordings.cut import LIKENESS, PEAK_WINDOW, RHYTHM, Cut
from tests.browser.conftest import METRICS, WIDTH, beat, model_of
from tests.browser.test_accessibility import violations
from tests.browser.test_beat import paste
from tests.browser.test_recording import drop, files_of

CUT = Cut(WIDTH - 8, PEAK_WINDOW, "mV", RHYTHM + LIKENESS)
MINUS = "\N{MINUS SIGN}"


def recorded(page, files):
    page.locator("#files").set_input_files(files)
    expect(page.get_by_role("status")).to_contain_text("All are answered")


@pytest.fixture
def of_millivolts(before, tmp_path):
    """The page with a recording in millivolts, before a model of millivolts."""
    page = before(model_of(names=CUT.names))
    recorded(page, files_of("watch", tmp_path))
    return page


def pasted(page, first):
    paste(page, " ".join(map(str, beat(first))))
    expect(page.locator("#answer .predicted")).to_be_visible()


def test_an_unreliable_beat_has_a_guess_and_no_percentage(page):
    pasted(page, 40.0)
    answer = page.locator("#answer")
    expect(answer.locator(".predicted")).to_contain_text("The model's guess: ▲Class 1")
    expect(answer).to_contain_text("The guess is unreliable because this beat is unlike the training beats")
    expect(answer).not_to_contain_text("%")


def test_no_percentage_is_above_the_calibrations_limit(page):
    pasted(page, 4.9)  # of which the model is sure by 99.3 %, and whose probabilities are off by 2 %
    answer = page.locator("#answer")
    expect(answer.locator(".probability")).to_have_text("over 98 %")
    expect(answer.get_by_role("row", name="Class 0")).to_contain_text("under 2 %")
    expect(answer).not_to_contain_text("99.")


@pytest.mark.parametrize(("off", "said"), [(0.0134, "over 98.6 %"), (0.0, "over 99.9 %"), (None, "over 99.9 %")])
def test_no_beat_is_certain(before, off, said):
    model = model_of(unusual_from=50.0)
    calibration = off is not None and METRICS["calibration"] | {"error_after": off}
    model.description["metrics"] = METRICS | {"calibration": calibration or None}
    page = before(model)
    pasted(page, 40.0)  # which the model gives 1.0
    expect(page.locator("#answer .probability")).to_have_text(said)
    expect(page.locator("#answer")).not_to_contain_text("100.0 %")


def ticks(page):
    return [tick.text_content() for tick in page.locator("#trace .paper .tick").all()]


def test_a_beat_of_a_recording_lies_on_paper_of_square_squares(of_millivolts):
    page = of_millivolts
    assert {"mV", "ms", "0", "0.0", "0.5", "1.0"} <= set(ticks(page))
    square = """() => {
        const lines = document.querySelector("#trace .paper .minor").getAttribute("d");
        const [down, across] = [/M([\\d.]+) [\\d.]+V/g, /M[\\d.]+ ([\\d.]+)H/g].map((part) =>
            [...lines.matchAll(part)].map(([, place]) => Number(place)));
        return [down[1] - down[0], across[0] - across[1]];
    }"""
    wide, high = page.evaluate(square)
    assert wide == pytest.approx(high, abs=0.11)
    expect(page.locator("#scale")).to_contain_text("50 mm/s and 10 mm/mV, drawn ")
    page.get_by_label("Time axis of the beat").select_option("25")
    narrow, high = page.evaluate(square)
    assert narrow == pytest.approx(high, abs=0.11)
    expect(page.locator("#scale")).to_contain_text("25 mm/s and 10 mm/mV")


def test_beats_of_a_recording_share_one_scale(of_millivolts):
    page = of_millivolts
    scale = page.locator("#scale").inner_text()
    place = page.locator("#trace .tick", has_text="0.5").first
    high = place.get_attribute("y")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator("#beat-name")).to_contain_text("Beat 2 of")
    assert page.locator("#scale").inner_text() == scale
    assert place.get_attribute("y") == high


def test_a_recorded_beat_is_read_in_milliseconds_and_millivolts(of_millivolts):
    page = of_millivolts
    expect(page.locator("#deciding")).to_contain_text(f"from the values 0 at {MINUS}250 ms (100.0 %)")
    page.get_by_label("Sample", exact=True).fill("63")  # of 4 ms
    expect(page.locator("#reading")).to_have_text(re.compile(r"^4\sms: 1\.00 mV, mean beat 0\.00 mV, contributes "))
    first = re.compile(
        rf"On ECG paper, a trace of 17[56] values from {MINUS}2(48|50|52)\sms to 4(48|50|52)\sms of the R peak,"
    )
    expect(page.locator("#trace")).to_have_attribute("aria-label", first)
    page.get_by_text("Values as a table").click()
    table = page.get_by_role("region", name="Values of the beat")
    columns = ["Value", "Time", "Recorded, mV", "Beat", "Mean beat", "Contributes"]
    expect(table.get_by_role("columnheader")).to_have_text(columns)
    expect(table.get_by_role("row").nth(1).get_by_role("cell").first).to_have_text(f"{MINUS}250 ms")
    page.get_by_label("Show the model's input values").check()
    expect(page.locator("#scale")).to_have_text("The model's input values in mV, by their numbers, without ECG paper.")


def test_a_recorded_beat_is_also_shown_in_the_models_values(before, tmp_path):
    page = before(model_of(names=Cut(WIDTH).names))
    recorded(page, files_of("watch", tmp_path))
    expect(page.locator("#baseline-key")).to_be_hidden()  # normalised values have no place among millivolts
    page.get_by_label("Show the model's input values").check()
    expect(page.locator("#scale")).to_have_text("Normalised values (mean 0, standard deviation 1), without ECG paper.")
    expect(page.locator("#trace .plain")).to_be_attached()
    expect(page.locator("#trace .minor")).not_to_be_attached()
    page.get_by_label("Value", exact=True).fill("0")
    expect(page.locator("#reading")).to_contain_text(f"Value 0 ({MINUS}20 ms): ")
    expect(page.locator("#reading")).not_to_contain_text("mV")


def test_a_beat_without_a_recording_has_no_paper(page):
    pasted(page, 2.0)
    expect(page.locator("#scale")).to_contain_text("The unit of the values is not known")
    assert {"mV", "ms"}.isdisjoint(ticks(page))
    expect(page.locator("#trace .minor")).not_to_be_attached()
    paste(page, " ".join(["1", "-1"] * (WIDTH // 2)))
    expect(page.locator("#scale")).to_contain_text("Normalised")


def test_a_recording_without_a_unit_has_no_paper_either(page):
    drop(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    expect(page.locator("#trace .plain")).to_be_attached()
    assert {"mV", "ms"}.isdisjoint(ticks(page))
    page.get_by_label("Value", exact=True).fill("1")
    expect(page.locator("#reading")).to_contain_text(" ms): ")


def test_beats_of_a_table_in_millivolts_lie_on_paper(before):
    page = before(model_of(names=Cut(WIDTH, PEAK_WINDOW, "mV").names))
    pasted(page, 2.0)
    assert {"mV", "ms"} <= set(ticks(page))
    page.get_by_label("Value", exact=True).fill("0")
    expect(page.locator("#reading")).to_contain_text(f"{MINUS}250 ms: 2.00 mV")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_beat_on_paper_is_accessible(before, tmp_path, scheme):
    phone = {"width": 360, "height": 740}
    page = before(model_of(names=CUT.names), viewport=phone, color_scheme=scheme, reduced_motion="reduce")
    recorded(page, files_of("watch", tmp_path))
    page.get_by_text("Values as a table").click()
    assert page.evaluate("document.documentElement.scrollWidth") == phone["width"]
    assert violations(page) == []
