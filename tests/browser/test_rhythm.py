"""The rhythm of a recording: heart rate, RR intervals over time, and the keys that step from beat to beat."""

import math
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import beat
from tests.browser.test_accessibility import violations
from tests.browser.test_file import lines, opened

RATE = 250
PHONE = {"width": 390, "height": 844}
TIMES = [0.5 + 0.8 * number for number in range(40)]
EARLY = 20  # this beat comes 0.3 seconds early, and the next one is where it would have been


def lead(times=TIMES, gap=None):
    """A synthetic lead as CSV with R peaks at these seconds, each with a T wave; without the samples of a gap."""
    times = [time - 0.3 * (number == EARLY) for number, time in enumerate(times)]
    values = [0.0] * round((times[-1] + 1) * RATE)
    for time in times:
        for number in range(round((time - 0.1) * RATE), round((time + 0.4) * RATE)):
            after = number / RATE - time
            values[number] += math.exp(-((after / 0.012) ** 2)) + 0.2 * math.exp(-(((after - 0.25) / 0.04) ** 2))
    rows = [(number / RATE, value) for number, value in enumerate(values)]
    kept = [(time, value) for time, value in rows if not (gap and gap[0] < time < gap[1])]
    return "\n".join(["time,ECG", *(f"{time:.3f},{value:.5f}" for time, value in kept)])


def open_lead(page, content):
    page.locator("#files").set_input_files({"name": "lead.csv", "mimeType": "text/csv", "buffer": content.encode()})
    expect(page.locator("#status")).to_contain_text("All are answered")


@pytest.fixture
def recorded(page):
    open_lead(page, lead())
    return page


def test_the_heart_rate_is_shown_with_its_method(recorded):
    figures = recorded.locator("#rhythm-figures")
    expect(figures).to_contain_text("75 bpm")
    expect(figures).to_contain_text("800 ms")
    expect(figures.get_by_role("button", name="shortest")).to_have_text("shortest 500 ms at 0:00:16.2")
    expect(figures.get_by_role("button", name="longest")).to_have_text("longest 1,100 ms at 0:00:17.3")
    expect(recorded.locator("#rhythm-counted")).to_contain_text("over each 10 successive RR intervals")
    expect(recorded.locator("#rhythm-counted")).to_contain_text("has 39 RR intervals. ")


def test_a_figure_leads_to_its_beat(recorded):
    recorded.get_by_role("button", name="shortest").click()
    expect(recorded.locator("#beat-name")).to_contain_text(f"Beat {EARLY + 1} of")
    expect(recorded.locator("#strip").get_by_role("button", name=f"Beat {EARLY + 1},")).to_be_visible()


def test_no_rr_interval_is_counted_across_a_gap(page):
    open_lead(page, lead(gap=(10.0, 14.0)))
    expect(page.locator("#rhythm-counted")).to_contain_text("not counted: 1 across gaps or flat lines")
    path = page.locator("#tachogram .rr-line")
    expect(path).to_have_attribute("d", re.compile("M.*M"))
    expect(page.locator("#tachogram .lane-name", has_text="no RR")).to_be_attached()


def test_the_line_without_a_gap_is_unbroken(recorded):
    expect(recorded.locator("#tachogram .rr-line")).to_have_attribute("d", re.compile("^M[^M]*$"))
    expect(recorded.locator("#tachogram .lane-name", has_text="no RR")).not_to_be_attached()


def test_the_line_is_that_of_the_width_and_of_the_recording(recorded):
    line = recorded.locator("#tachogram .rr-line")
    wide = line.get_attribute("d")
    recorded.set_viewport_size(PHONE)
    expect(line).not_to_have_attribute("d", wide)
    narrow = line.get_attribute("d")
    open_lead(recorded, lead(TIMES[:35]))
    expect(line).not_to_have_attribute("d", narrow)


def test_the_classes_are_along_the_line(recorded):
    lanes = recorded.locator("#tachogram .lane-name")
    chips = set(recorded.locator("#rows .chip").all_inner_texts())
    assert chips
    for shape, label in chips:
        expect(lanes.filter(has_text=re.compile(f"^{shape} {label}$"))).to_have_count(1)


def test_a_click_on_the_line_goes_there(recorded):
    frame = recorded.locator("#tachogram")
    box = frame.bounding_box()
    frame.click(position={"x": box["width"] * 0.6, "y": 60})
    name = recorded.locator("#beat-name")
    expect(name).to_contain_text(re.compile(r"Beat 2\d of"))
    number = frame.get_attribute("aria-valuenow")
    expect(name).to_contain_text(f"Beat {number} of")
    expect(recorded.locator("#strip").get_by_role("button", name=f"Beat {number},")).to_be_visible()


def test_the_line_is_a_slider_for_the_keyboard(recorded):
    line = recorded.get_by_role("slider", name="whole recording")
    line.focus()
    for key, number in (("ArrowRight", 2), ("End", 39), ("ArrowLeft", 38), ("PageDown", 36), ("Home", 1)):
        line.press(key)
        expect(line).to_have_attribute("aria-valuenow", str(number))
    expect(line).to_be_focused()
    line.press("ArrowRight")
    expect(line).to_have_attribute(
        "aria-valuetext", re.compile("^Beat 2 at 0:00:01.3: RR before 800 ms, 75 bpm, class")
    )


def test_the_list_shows_the_times(recorded):
    second = recorded.locator("#rows tr").nth(1)
    expect(second.locator(".time")).to_have_text("0:00:01.3")
    expect(second.locator(".rr")).to_have_text("800 ms")
    expect(recorded.locator("#rows tr").first.locator(".rr")).to_have_text("")
    recorded.get_by_role("columnheader", name="RR before").get_by_role("button").click()
    expect(recorded.locator("#rows tr").first.locator(".rr")).to_have_text("500 ms")


def test_beats_of_a_table_have_no_times_and_no_rhythm(page):
    opened(page)
    expect(page.locator("#rhythm")).to_be_hidden()
    expect(page.get_by_role("columnheader", name="Time")).not_to_be_attached()


def test_how_long_a_recording_is_has_one_unit_a_number(recorded):
    expect(recorded.locator("#strip-name")).to_contain_text(re.compile(r"lead.csv: 32\.7\ss at 250 Hz"))


DOUBTFUL = "\n".join(
    lines((2.0, -2.0, 9.0, 3.0, -3.0, 0.2, 4.0))
)  # the third is unusual, at the sixth the model abstains


def expect_beat(page, number):
    expect(page.locator("#beat-name")).to_contain_text(f"Beat {number} of")


def test_arrow_keys_step_from_beat_to_beat(page):
    opened(page, DOUBTFUL)
    for key, number in (
        ("ArrowRight", 2),
        ("Shift+ArrowRight", 3),
        ("Shift+ArrowRight", 6),
        ("Shift+ArrowRight", 6),
        ("Shift+ArrowLeft", 3),
        ("ArrowLeft", 2),
        ("Shift+ArrowDown", 5),
        ("Shift+ArrowUp", 2),
        ("ArrowRight", 3),
        ("Shift+ArrowDown", 4),
    ):
        page.keyboard.press(key)
        expect_beat(page, number)


def test_buttons_do_what_the_keys_do(page):
    opened(page, DOUBTFUL)
    page.get_by_role("button", name="Next doubtful beat").click()
    expect_beat(page, 3)
    page.get_by_role("button", name="Previous beat of this class").click()
    expect_beat(page, 1)
    expect(page.get_by_role("button", name="Previous beat of this class")).to_be_disabled()
    expect(page.get_by_role("button", name="Previous doubtful beat")).to_be_disabled()


def test_steps_visit_only_listed_beats(page):
    opened(page, DOUBTFUL)
    page.get_by_label("of", exact=True).select_option("0")
    expect_beat(page, 2)
    page.locator("#beat-name").focus()
    page.keyboard.press("ArrowRight")
    expect_beat(page, 5)


def test_fields_and_other_parts_of_the_page_keep_their_arrows(page):
    opened(page, DOUBTFUL)
    page.get_by_role("slider", name="Value").press("ArrowRight")
    expect(page.locator("#reading")).to_contain_text("Value 1:")
    for name in ("A beat as text", "Colours"):
        page.get_by_label(name, exact=True).press("ArrowRight")
    page.get_by_role("complementary").focus()
    page.keyboard.press("ArrowRight")
    page.locator("#beat-name").focus()
    page.keyboard.press("Control+ArrowRight")
    expect_beat(page, 1)


def test_a_key_that_a_control_used_does_not_step(page):
    opened(page, DOUBTFUL)
    page.evaluate("document.getElementById('answer').addEventListener('keydown', (event) => event.preventDefault())")
    page.evaluate("document.getElementById('answer').tabIndex = 0")
    page.locator("#answer").press("ArrowRight")
    expect_beat(page, 1)


def test_the_focus_follows_the_keys_through_the_table(page):
    opened(page, "\n".join(" ".join(map(str, beat(1 + number / 10))) for number in range(25)))
    row = page.get_by_role("button", name="Beat 20", exact=True)
    row.press("Enter")
    expect_beat(page, 20)
    row.press("ArrowRight")
    expect(page.get_by_role("button", name="Beat 21", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect_beat(page, 22)


def test_the_keys_are_listed(page):
    opened(page, DOUBTFUL)
    page.get_by_text("Keys", exact=True).click()
    expect(page.locator("#keys-help")).to_contain_text("the doubtful beat before, the next one")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_rhythm_is_accessible(visit, gateway, scheme):
    page = visit(gateway, viewport=PHONE, color_scheme=scheme, reduced_motion="reduce").open()
    open_lead(page, lead(gap=(10.0, 14.0)))
    page.get_by_text("Keys", exact=True).click()
    expect(page.locator("#tachogram .lane-name").first).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    # the list shows all of its columns, and the beat's two buttons are in one row
    table = page.get_by_role("region", name="Table of beats")
    assert table.evaluate("node => node.scrollWidth - node.clientWidth") == 0
    tops = [page.locator(button).evaluate("node => node.getBoundingClientRect().top") for button in ("#pin", "#print")]
    assert tops[0] == tops[1]
    assert violations(page) == []
