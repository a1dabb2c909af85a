"""Two beats side by side: one pinned, the other walked to."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import beat, model_of
from tests.browser.test_accessibility import reach, violations
from tests.browser.test_beat import paste
from tests.browser.test_file import lines, opened
from tests.browser.test_one_beat import CUT, recorded
from tests.browser.test_recording import files_of

FOUR = "\n".join(lines([2.5, -2.5, 3.5, 9.5], labels=[1, 1, 0, 0]))


def test_a_pinned_beat_stays_while_other_beats_are_chosen(page):
    opened(page, FOUR)
    page.get_by_role("button", name="Compare with this beat").click()
    compared = page.locator("#compared")
    expect(compared).to_contain_text("Pinned: beat 1, class 1.")
    expect(page.locator("#trace .pinned")).not_to_be_attached()  # it would lie below itself
    page.get_by_role("button", name="Next", exact=True).click()
    expect(compared).to_contain_text("This is beat 2, class 0; pinned is beat 1, class 1.")
    rows = page.get_by_role("region", name="The two beats side by side").get_by_role("row")
    assert [row.inner_text().replace("\N{NO-BREAK SPACE}", " ").split("\t") for row in rows.all()] == [
        ["", "Beat 2", "Beat 1 (pinned)", "Difference"],
        ["Class", "●Class 0", "▲Class 1", ""],
        ["Confidence", "92.4 %", "92.4 %", ""],
        ["Label", "1", "1", ""],
    ]
    expect(page.locator("#trace .pinned")).to_be_attached()
    expect(page.get_by_role("img", name=re.compile(r"Drawn over beat 1\.$"))).to_be_visible()
    page.get_by_label("Value", exact=True).fill("0")
    expect(page.locator("#reading")).to_contain_text("Value 0: \N{MINUS SIGN}2.50, mean beat 0.00, beat 1 2.50")
    for _ in range(2):
        page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("row", name="Confidence")).to_contain_text("not to be relied on")


def test_comparing_ends(page):
    opened(page, FOUR)
    pin = page.get_by_role("button", name="Compare with this beat")
    pin.click()
    expect(pin).to_have_attribute("aria-pressed", "true")
    pin.click()
    expect(page.locator("#compare")).to_be_hidden()
    pin.click()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(pin).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Stop comparing").click()
    expect(page.locator("#compare")).to_be_hidden()
    expect(page.locator("#trace .pinned")).not_to_be_attached()
    expect(pin).to_be_focused()


def test_another_file_has_nothing_pinned(page):
    opened(page, FOUR)
    page.get_by_role("button", name="Compare with this beat").click()
    opened(page, "\n".join(lines([1.5, 2.5])))
    expect(page.locator("#compare")).to_be_hidden()
    paste(page, " ".join(map(str, beat(2.0))))
    expect(page.locator("#beat-name")).to_contain_text("The beat")
    expect(page.get_by_role("button", name="Compare with this beat")).to_be_hidden()  # there is no other


def test_beats_are_compared_by_the_keyboard(page):
    opened(page, FOUR)
    page.locator("#beat-name").focus()
    reach(page, "Compare with this beat")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")  # to the step that is possible, which is the next one
    page.keyboard.press("Enter")
    expect(page.locator("#compared")).to_contain_text("pinned is beat 1")
    expect(page.locator("#compared")).to_have_attribute("aria-live", "polite")


def test_a_recordings_beats_are_compared_in_milliseconds_and_millivolts(before, tmp_path):
    page = before(model_of(names=CUT.names))
    recorded(page, files_of("watch", tmp_path))
    page.get_by_role("button", name="Beat 2", exact=True).click()  # before the first one there is no RR interval
    page.get_by_role("button", name="Compare with this beat").click()
    page.get_by_role("button", name="Beat 3", exact=True).click()
    rows = page.get_by_role("region", name="The two beats side by side")
    expect(rows.get_by_role("row", name="RR before")).to_have_text("RR before800 ms800 ms0 ms")
    expect(rows.get_by_role("row", name="R amplitude")).to_contain_text("mV")
    expect(page.locator("#compared")).to_contain_text("The correlation of the two is 1.00.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_comparison_is_accessible(visit, gateway, scheme):
    page = visit(gateway, viewport={"width": 360, "height": 740}, color_scheme=scheme, reduced_motion="reduce").open()
    opened(page, FOUR)
    page.get_by_role("button", name="Compare with this beat").click()
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator("#differences")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert violations(page) == []
