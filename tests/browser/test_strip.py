"""The strip of a recording as people read ECGs: scale, moving along, measuring, other leads, annotations."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import violations
from tests.support.beats.recordings import strip, write_edf

RATE = 250
SECONDS = 40
MM = 96 / 25.4  # pixels, by CSS
FINE = 10  # places of lines in a pixel
PEAKS = np.arange(RATE // 2, SECONDS * RATE - RATE, RATE * 4 // 5)  # every 0.8 seconds
LARGE = 14  # the beat that is four times as high, at 11.7 seconds
KINDS = {"N": 1, "V": 5, "+": 28}  # of WFDB
PHONE = {"width": 390, "height": 844}


def annotations(places: list[tuple[int, str, bytes]]) -> bytes:
    """A file of WFDB annotations: kind and time since the one before, then a text."""
    words, last = b"", 0
    for sample, symbol, text in places:
        words += ((KINDS[symbol] << 10) | (sample - last)).to_bytes(2, "little")
        if text:
            words += (63 << 10 | len(text)).to_bytes(2, "little") + text + b"\0" * (len(text) % 2)
        last = sample
    return words + b"\0\0"


@pytest.fixture
def record(tmp_path) -> list[Path]:
    """A record of two leads, R waves of 1 mV and one of 4 mV; it is annotated, the second beat as V."""
    lead = strip(PEAKS, RATE, SECONDS * RATE) + 3 * strip(PEAKS[LARGE : LARGE + 1], RATE, SECONDS * RATE)
    lines = [f"made.dat 16 1000/mV 16 0 0 0 0 {name}" for name in ("MLII", "V1")]
    (tmp_path / "made.hea").write_text("\n".join([f"made 2 {RATE} {len(lead)}", *lines, ""]))
    (tmp_path / "made.dat").write_bytes(np.rint(1000 * np.column_stack([lead, -lead / 2])).astype("<i2").tobytes())
    beats = [(int(peak) + 10, "V" if place == 1 else "N", b"") for place, peak in enumerate(PEAKS)]
    (tmp_path / "made.atr").write_bytes(annotations([(50, "+", b"(AFIB"), *beats]))
    return [tmp_path / f"made.{ending}" for ending in ("hea", "dat", "atr")]


def drop(page, files):
    page.locator("#files").set_input_files(files)
    expect(page.get_by_role("status")).to_contain_text("All are answered")


@pytest.fixture
def recorded(page, record):
    drop(page, record)
    return page


def points(page, lead: int = 0) -> np.ndarray[Any, Any]:
    """Where the line of a lead is: (points, 2)."""
    d = page.locator("#strip .line").nth(lead).get_attribute("d")
    return np.array([[float(part) / FINE for part in pair.split(" ")] for pair in re.findall(r"-?\d+ -?\d+", d)])


def peak(page, beat: int):
    return page.locator("#strip").get_by_role("button", name=f"Beat {beat},")


def place(page, beat: int) -> float:
    return float(peak(page, beat).evaluate("node => parseFloat(node.style.left)"))


def height(page, beat: int, lead: int = 0) -> float:
    """How high the R wave of a beat is above the lead's usual place, in millimetres."""
    line = points(page, lead)
    about = line[np.abs(line[:, 0] - place(page, beat)) < 5]
    return float(np.median(line[:, 1]) - about[:, 1].min()) / MM


def seen(page) -> list[float]:
    """The seconds that are seen."""
    text = page.locator("#moment-text").text_content()
    times = re.findall(r"(\d+):(\d+):([\d.]+)", text)
    return [3600 * int(hours) + 60 * int(minutes) + float(rest) for hours, minutes, rest in times]


def box_of(page, locator: str) -> dict[str, float]:
    return dict(page.locator(locator).evaluate("node => (({width, height}) => ({width, height}))(node.getBBox())"))


def in_sight(page) -> dict[str, float]:
    """Scroll the strip into sight, where the mouse can reach it, and return its place."""
    page.locator("#strip").scroll_into_view_if_needed()
    return dict(page.locator("#strip").bounding_box())


def choose(page, label: str, value: str) -> None:
    page.get_by_label(label, exact=True).select_option(value)


def test_an_r_wave_has_the_same_height_in_each_part(recorded):
    first = height(recorded, 3)
    recorded.get_by_role("button", name="Later").click()
    expect(peak(recorded, LARGE + 1)).to_be_visible()
    assert height(recorded, LARGE + 3) == pytest.approx(first, abs=1 / MM)
    assert first == pytest.approx(10, abs=0.7)
    assert height(recorded, LARGE + 1) == pytest.approx(4 * first, abs=4 / MM)


def test_the_calibration_mark_is_one_millivolt_at_the_gain(recorded):
    for gain in ("10", "5", "20"):
        choose(recorded, "Gain", gain)
        assert box_of(recorded, "#strip .calibration") == pytest.approx(
            {"width": 5 * MM, "height": int(gain) * MM}, abs=0.1
        )
        assert height(recorded, 3) == pytest.approx(int(gain), abs=1)
        expect(recorded.locator("#strip-scale")).to_contain_text(f"{gain} mm/mV and 25 mm/s")


def test_the_speed_is_millimetres_a_second(recorded):
    for speed in ("25", "12.5", "50"):
        choose(recorded, "Speed", speed)
        assert place(recorded, 3) - place(recorded, 2) == pytest.approx(0.8 * float(speed) * MM, abs=0.5)


def test_the_squares_are_millimetres(recorded):
    for kind, side in (("minor", 1), ("major", 5)):
        d = recorded.locator(f"#strip .paper .{kind}").get_attribute("d")
        for pattern in (r"M([\d.]+) [\d.]+V", r"M[\d.]+ ([\d.]+)H"):
            np.testing.assert_allclose(np.diff([float(at) for at in re.findall(pattern, d)]), FINE * side * MM, atol=1)


def test_the_scale_is_kept_in_the_tab(recorded, record):
    choose(recorded, "Gain", "20")
    choose(recorded, "Speed", "50")
    recorded.reload()
    recorded.locator("#text:enabled").wait_for()
    drop(recorded, record)
    expect(recorded.get_by_label("Gain", exact=True)).to_have_value("20")
    assert height(recorded, 2) == pytest.approx(20, abs=1)
    assert place(recorded, 3) - place(recorded, 2) == pytest.approx(0.8 * 50 * MM, abs=0.5)


def test_parts_of_the_trace_that_do_not_fit_are_marked(recorded):
    expect(recorded.locator("#strip .clipped")).to_have_count(0)
    recorded.get_by_role("button", name="Later").click()
    choose(recorded, "Gain", "20")  # 80 mm for the large beat
    expect(recorded.locator("#strip .clipped")).to_have_count(1)
    expect(recorded.locator("#strip-scale")).to_contain_text("clipped at the red marks")
    choose(recorded, "Gain", "5")
    expect(recorded.locator("#strip .clipped")).to_have_count(0)


def test_a_lead_without_a_unit_has_no_paper_and_one_scale(page):
    lead = strip(PEAKS, RATE, SECONDS * RATE) * 700
    lead[30 * RATE :] *= 2
    rows = [f"{sample / RATE:.3f},{value:.2f}" for sample, value in enumerate(lead)]
    drop(page, {"name": "lead.csv", "mimeType": "text/csv", "buffer": "\n".join(["time,ECG", *rows]).encode()})
    expect(page.locator("#strip .grid")).to_have_count(1)
    expect(page.locator("#strip .paper, #strip .calibration")).to_have_count(0)
    expect(page.locator("#strip-scale")).to_contain_text("ECG has no unit: it has its own scale and no ECG paper")
    expect(page.locator("#strip-scale")).not_to_contain_text("mV")
    first = height(page, 3)
    page.locator("#strip").press("End")
    expect(peak(page, len(PEAKS) - 2)).to_be_visible()
    assert height(page, len(PEAKS) - 2) == pytest.approx(2 * first, abs=0.5)


def test_annotations_are_shown_and_label_the_beats(recorded):
    expect(recorded.get_by_role("status")).to_contain_text(f"The file made.atr has {len(PEAKS)} annotated beats")
    symbols = recorded.locator("#strip .symbol:not(.other)")
    assert symbols.all_text_contents()[:4] == ["N", "V", "N", "N"]
    expect(recorded.locator("#strip .symbol.other")).to_have_text("(AFIB")
    expect(peak(recorded, 2)).to_have_attribute("aria-label", re.compile(", annotated V$"))
    at = float(symbols.nth(1).get_attribute("x") or "nan")
    assert at - place(recorded, 2) == pytest.approx(10 / RATE * 25 * MM, abs=0.5)
    expect(recorded.locator("#rows tr", has=recorded.get_by_role("button", name="Beat 2", exact=True))).to_contain_text(
        "V"
    )


def test_annotations_without_a_beat_near_are_no_labels(page, record):
    record[2].write_bytes(annotations([(int(PEAKS[1]) + 50, "V", b""), (int(PEAKS[3]) + 30, "N", b"")]))
    drop(page, record)
    expect(page.get_by_role("status")).to_contain_text("2 annotated beats; 1 of them")
    expect(peak(page, 2)).not_to_have_attribute("aria-label", re.compile("annotated"))
    expect(peak(page, 4)).to_have_attribute("aria-label", re.compile(", annotated N$"))


def test_annotations_of_single_leads_follow_the_lead_that_is_shown(page, record):
    files = [*record[:2], *(record[2].with_suffix(f".{ending}") for ending in ("v1", "ii"))]
    record[0].write_text(record[0].read_text().replace("MLII", "II"))
    for file, symbol in zip(files[2:], "VN", strict=True):
        file.write_bytes(annotations([(int(PEAKS[1]), symbol, b"")]))
    drop(page, files)
    expect(page.locator("#strip .symbol")).to_have_text("N")
    page.get_by_label("Lead", exact=True).select_option("V1")
    expect(page.locator("#strip .symbol")).to_have_text("V")
    expect(page.get_by_role("status")).to_contain_text("The file made.v1 has 1 annotated beat;")


def test_unreadable_annotations_are_reported(page, record):
    record[2].write_bytes(b"%PDF-1.7 and more")
    drop(page, record)
    expect(page.get_by_role("status")).to_contain_text("The file made.atr holds no WFDB annotations")
    expect(page.locator("#strip .symbol")).to_have_count(0)


def test_calipers_measure_by_keyboard(recorded):
    reading = recorded.locator("#calipers-reading")
    recorded.get_by_role("button", name="Calipers").press("Enter")
    expect(reading).to_have_text("800 ms · 75.0 bpm · MLII 0.00 mV")
    expect(recorded.get_by_role("slider", name="First caliper")).to_be_focused()
    second = recorded.get_by_role("slider", name="Second caliper")
    for _ in range(5):
        second.press("Shift+ArrowRight")  # ten samples each
    second.press("ArrowLeft")
    expect(reading).to_contain_text("996 ms · 60.2 bpm")
    expect(second).to_have_attribute("aria-valuetext", re.compile(r"seconds, MLII .* mV$"))
    second.press("End")
    second.press("Shift+ArrowRight")  # the strip follows
    expect(second).to_be_focused()
    assert seen(recorded)[0] > 1
    recorded.get_by_role("button", name="Calipers").click()
    expect(reading).to_be_empty()
    expect(second).to_be_hidden()


def test_calipers_are_dragged_and_show_the_height(recorded):
    recorded.get_by_role("button", name="Calipers").click()
    recorded.get_by_text("More leads at once").click()
    recorded.get_by_label("V1").check()
    in_sight(recorded)
    handle = recorded.get_by_role("slider", name="First caliper").bounding_box()
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + 20
    recorded.mouse.move(x, y)
    recorded.mouse.down()
    recorded.mouse.move(x - 0.4 * 25 * MM, y, steps=4)
    recorded.mouse.up()
    words = recorded.locator("#calipers-reading").text_content()
    ms, one, other = (float(number.replace(",", "")) for number in re.findall(r"([\d,.]+) (?:ms|mV)", words))
    assert ms == pytest.approx(1200, abs=15)
    assert (one, other) == pytest.approx((1, 0.5), abs=0.15)
    assert "MLII +" in words
    assert "V1 \N{MINUS SIGN}" in words


def test_the_wheel_zooms_with_control_and_moves_with_shift(recorded):
    strip_box = in_sight(recorded)
    recorded.mouse.move(strip_box["x"] + place(recorded, 4), strip_box["y"] + 60)
    before = place(recorded, 4)
    recorded.keyboard.down("Control")
    recorded.mouse.wheel(0, -120)
    recorded.keyboard.up("Control")
    expect(recorded.get_by_label("Speed", exact=True)).to_have_value("50")
    assert place(recorded, 4) == pytest.approx(before, abs=2)  # what is below the pointer stays there
    recorded.keyboard.down("Control")
    for speed in ("100", "200", "200"):
        recorded.mouse.wheel(0, -120)
        expect(recorded.get_by_label("Speed", exact=True)).to_have_value(speed)
    recorded.mouse.wheel(0, 360)
    expect(recorded.get_by_label("Speed", exact=True)).to_have_value("25")
    recorded.keyboard.up("Control")
    from_second = seen(recorded)[0]
    recorded.keyboard.down("Shift")
    recorded.mouse.wheel(0, 300)
    recorded.keyboard.up("Shift")
    expect(recorded.locator("#moment-text")).not_to_contain_text(f"{from_second:04.1f} to")
    assert seen(recorded)[0] == pytest.approx(from_second + 300 / (25 * MM), abs=0.15)


def test_dragging_moves_the_strip_and_chooses_no_beat(recorded):
    box = in_sight(recorded)
    y = box["y"] + 110
    recorded.mouse.move(box["x"] + 500, y)
    recorded.mouse.down()
    recorded.mouse.move(box["x"] + 500 - 50 * MM, y, steps=5)
    recorded.mouse.up()
    assert seen(recorded)[0] == pytest.approx(2, abs=0.1)
    expect(recorded.locator("#beat-name")).to_contain_text("Beat 1 of")
    assert float(recorded.get_by_role("slider", name="Part of the recording").input_value()) == pytest.approx(
        2, abs=0.1
    )
    recorded.mouse.click(box["x"] + 500, y)
    expect(recorded.locator("#beat-name")).not_to_contain_text("Beat 1 of")


def test_keys_move_and_zoom(recorded):
    strip_itself = recorded.locator("#strip")
    width = seen(recorded)[1]
    for key, start in (
        ("ArrowRight", 1),
        ("ArrowLeft", 0),
        ("PageDown", width),
        ("PageUp", 0),
        ("End", SECONDS - width),
        ("Home", 0),
    ):
        strip_itself.press(key)
        assert seen(recorded)[0] == pytest.approx(start, abs=0.11)
    strip_itself.press("+")
    expect(recorded.get_by_label("Speed", exact=True)).to_have_value("50")
    strip_itself.press("-")
    strip_itself.press("-")
    expect(recorded.get_by_label("Speed", exact=True)).to_have_value("12.5")


def test_two_fingers_zoom(visit, gateway, record):
    page = visit(gateway, viewport=PHONE, has_touch=True).open()
    drop(page, record)
    box = in_sight(page)
    touch = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 60), ("touchMove", 80), ("touchMove", 130), ("touchEnd", 0)):
        fingers = [{"x": box["x"] + 170 + side * apart / 2, "y": box["y"] + 100, "id": side} for side in (-1, 1)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers if apart else []})
    expect(page.get_by_label("Speed", exact=True)).to_have_value("50")


def test_several_leads_have_one_scale_and_one_time(recorded):
    lines = recorded.locator("#strip .line")
    expect(lines).to_have_count(1)
    recorded.get_by_text("More leads at once").click()
    expect(recorded.get_by_label("MLII")).to_be_disabled()  # it is cut into beats
    recorded.get_by_label("V1").check()
    expect(lines).to_have_count(2)
    expect(recorded.locator("#strip .lead-name")).to_have_text(["MLII, mV (cut into beats)", "V1, mV"])
    one, other = points(recorded), points(recorded, 1)
    at = place(recorded, 3)
    assert one[one[:, 1].argmin(), 0] % (0.8 * 25 * MM) == pytest.approx(at % (0.8 * 25 * MM), abs=1)
    depth = other[np.abs(other[:, 0] - at) < 5, 1].max() - np.median(other[:, 1])
    assert depth / MM == pytest.approx(height(recorded, 3) / 2, abs=0.3)
    recorded.get_by_label("Lead", exact=True).select_option("V1")
    expect(recorded.get_by_role("status")).to_contain_text("lead V1; ")
    expect(lines).to_have_count(1)
    recorded.get_by_role("button", name="All", exact=True).click()
    expect(recorded.locator("#strip .lead-name")).to_have_text(["MLII, mV", "V1, mV (cut into beats)"])
    recorded.get_by_label("MLII").uncheck()
    expect(lines).to_have_count(1)


def test_leads_of_other_rates_lie_on_the_same_axis(page, tmp_path):
    pytest.importorskip("pyedflib", reason="the package pyedflib is not installed")
    lead = strip(PEAKS, RATE, SECONDS * RATE)
    drop(page, write_edf(tmp_path / "made.edf", RATE, {"ECG I": lead, "ECG II": lead}))
    page.get_by_text("More leads at once").click()
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.locator("#strip .line")).to_have_count(2)
    np.testing.assert_allclose(points(page)[:, 0], points(page, 1)[:, 0])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_is_accessible(visit, gateway, record, scheme):
    page = visit(gateway, viewport=PHONE, color_scheme=scheme, reduced_motion="reduce").open()
    drop(page, record)
    page.get_by_text("More leads at once").click()
    page.get_by_label("V1").check()
    page.get_by_role("button", name="Calipers").click()
    page.get_by_text("How to move and measure").click()
    choose(page, "Speed", "12.5")
    expect(page.locator("#strip .line")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert violations(page) == []
