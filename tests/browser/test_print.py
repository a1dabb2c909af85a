"""The printed sheet: its content, and that it fits the paper."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DATA, beat, model_of
from tests.browser.test_beat import paste
from tests.browser.test_file import LABELLED, opened
from tests.browser.test_one_beat import CUT, recorded
from tests.browser.test_recording import files_of

NO_DEVICE = "This is software for development and research, not a medical device."


def sheet_of(page):
    """The sheet, as the browser makes it when it is about to print."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    return page.locator("#sheet")


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_a_sheet_has_the_counts_with_what_is_doubtful_first(page):
    opened(page, LABELLED)
    sheet = sheet_of(page)
    for words in ("beats.csv", "ecg, version 1", "5 of 5 beats answered", NO_DEVICE):
        expect(sheet).to_contain_text(words)
    assert [row.inner_text().split("\t")[:2] for row in sheet.get_by_role("row").all()] == [
        ["Beats", "Number"],
        ["Unlike the training beats: do not rely on these", "1"],
        ["The model abstains", "1"],
        ["●Class 0", "2"],
        ["▲Class 1", "3"],
    ]
    expect(sheet.get_by_role("row", name="Class 1")).to_contain_text(re.compile(r"60\.0.%2$"))
    text = "sheet => [...sheet.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(String)"
    assert sheet.evaluate(text) == []  # as of a number of no warnings
    expect(sheet.locator("svg.trace")).to_be_visible()
    expect(sheet).to_contain_text("The unit of the values is not known")


def test_nothing_but_the_sheet_is_printed(page):
    opened(page, LABELLED)
    expect(page.locator("#sheet")).to_be_hidden()
    sheet_of(page)
    expect(page.locator("#sheet")).to_be_visible()
    for control in page.locator("button, input, select, textarea, #list, #open, #card, header, footer").all():
        expect(control).to_be_hidden()


def test_a_recording_is_printed_as_a_strip_in_the_papers_own_size(before, tmp_path):
    page = before(model_of(names=CUT.names))
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    recorded(page, files_of("watch", tmp_path))
    page.get_by_role("button", name="Beat 12", exact=True).click()
    sheet = sheet_of(page)
    expect(sheet).to_contain_text("lead.csv, lead Lead I")
    expect(sheet).to_contain_text("25 mm/s, 10 mm/mV where the page is printed in its own size")
    paper = sheet.locator(".sheet").bounding_box()
    times = re.search(r"0:(\d\d):(\d\d\.\d) to 0:(\d\d):(\d\d\.\d) of", sheet.inner_text())
    assert times
    minutes, first, minutes_to, last = map(float, times.groups())
    first, last = 60 * minutes + first, 60 * minutes_to + last
    assert paper["width"] / 96 * 25.4 == pytest.approx(25 * (last - first), abs=3)
    assert sheet.locator(".peak-mark").count() >= 7
    assert sheet.locator(".peak-mark.chosen").count() == 1


def test_the_sheet_is_black_on_white_in_the_dark_too(visit, gateway):
    page = visit(gateway, color_scheme="dark").open()
    paste(page, " ".join(map(str, beat(2.0))))
    expect(page.locator("#answer")).to_contain_text("Class 1")
    sheet = sheet_of(page)
    style = "e => [getComputedStyle(e).color, getComputedStyle(document.body).backgroundColor]"
    assert sheet.evaluate(style) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert sheet.locator("svg > .line").evaluate("e => getComputedStyle(e).stroke") == "rgb(0, 0, 0)"


def test_an_unreliable_beat_has_no_percentage_on_the_sheet_and_warnings_are_repeated(before):
    model = model_of()
    model.description |= {"data": DATA | {"note": "All beats are of one person.\nFew beats are of class 1."}}
    page = before(model)
    paste(page, " ".join(map(str, beat(9.0))))
    expect(page.locator("#answer")).to_contain_text("guess")
    sheet = sheet_of(page)
    expect(sheet).to_contain_text("Class 1, an unreliable guess, ⚠ unusual")
    expect(sheet.locator(".note p")).to_have_text(["All beats are of one person.", "Few beats are of class 1."])


def test_the_sheet_has_the_warnings_in_the_words_of_the_card_each_once(before):
    model = model_of()
    text = "No column says whose beats they are: beats of the same person may be on both sides of the split."
    warnings = [{"code": "no_groups", "text": text}]
    model.description |= {"data": DATA | {"note": f"Cut from a recording.\n{text}", "warnings": warnings}}
    page = before(model)
    paste(page, " ".join(map(str, beat(2.0))))
    expect(page.locator("#answer")).to_contain_text("Class 1")
    said = page.locator("#card .note p").all_inner_texts()
    assert len(said) == 2
    assert said[0].startswith("The data do not name people. ")
    expect(sheet_of(page).locator(".note p")).to_have_text(said)


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_sheet_fits_on_one_page(before, tmp_path, paper):
    page = before(model_of(names=CUT.names))
    recorded(page, files_of("watch", tmp_path))
    assert pages_of(page.pdf(format=paper)) == 1
    expect(page.locator("#sheet")).to_contain_text(NO_DEVICE)  # written by printing itself
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 703, "height": 1000})  # A4 less its margins, the narrower of the two
    assert page.evaluate("document.documentElement.scrollWidth") == 703


def test_an_empty_page_is_printed_as_empty(page):
    expect(sheet_of(page)).to_contain_text("No beats are open.")


def test_a_button_prints(page):
    page.evaluate("window.print = () => { window.printed = true; }")
    paste(page, " ".join(map(str, beat(2.0))))
    page.get_by_role("button", name="Print a sheet").click()
    assert page.evaluate("window.printed")
