"""A link to a beat: it survives a reload, or names the file to open."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import beat
from tests.browser.test_accessibility import violations
from tests.browser.test_beat import paste
from tests.browser.test_file import LABELLED, lines, opened
from tests.browser.test_rhythm import expect_beat, lead, open_lead

LINKED = "#linked"


def expect_link(page, *parts):
    for part in parts:
        page.wait_for_function("(part) => location.hash.includes(part)", arg=part)


def go_to(page, number):
    page.get_by_role("button", name=f"Beat {number}", exact=True).click()
    expect_beat(page, number)
    expect_link(page, f"beat={number}")


def again(page):
    """Load the page again, as it would be from its address."""
    page.reload()
    page.locator("#text:enabled").wait_for()


def follow(visited, fragment):
    """Begin a visit with a link."""
    visited.page.goto(visited.url + fragment)
    visited.page.locator("#text:enabled").wait_for()
    return visited.page


def test_a_link_to_an_example_survives_a_reload(page):
    page.locator("#examples button").last.click()
    expect_beat(page, 2)
    expect_link(page, "#examples=ecg&version=1&beat=2")
    again(page)
    expect_beat(page, 2)
    expect(page.locator(LINKED)).to_be_hidden()


def test_a_link_to_an_example_of_another_version_says_so(visit, gateway):
    page = follow(visit(gateway), "#examples=ecg&version=7&beat=2")
    expect(page.locator(LINKED)).to_contain_text("an example of ecg, version 7. Now ecg, version 1, is served")
    expect(page.locator("#beat")).to_be_hidden()


def test_a_link_to_a_file_says_what_to_open_and_then_goes_there(page):
    opened(page)
    go_to(page, 4)
    again(page)
    expect(page.locator(LINKED)).to_contain_text("This link is to beat 4 of beats.csv: open that file again")
    expect(page.get_by_role("button", name="Open it again")).to_be_hidden()
    opened(page)
    expect_beat(page, 4)
    expect(page.locator(LINKED)).to_be_hidden()


def test_another_file_with_the_same_name_does_not_match_the_link(page):
    opened(page)
    go_to(page, 4)
    again(page)
    opened(page, "\n".join(lines()))
    expect(page.get_by_role("status")).to_contain_text("a file of this name and another size")
    expect_beat(page, 1)


def test_a_link_to_a_beat_that_the_file_does_not_have_says_so(visit, gateway):
    page = follow(visit(gateway), f"#file=beats.csv&size={len(LABELLED)}&beat=999")
    opened(page)
    expect(page.get_by_role("status")).to_contain_text("The link is to beat 999, which is not here.")
    expect_beat(page, 1)


def test_a_link_to_pasted_text_asks_for_the_text(page):
    text = "\n".join(" ".join(map(str, beat(first))) for first in (2.0, -2.0, 3.0))
    paste(page, text)
    page.get_by_role("button", name="Next", exact=True).click()
    expect_beat(page, 2)
    expect_link(page, "beat=2")
    again(page)
    expect(page.locator(LINKED)).to_contain_text("paste that text again")
    paste(page, text)
    expect_beat(page, 2)


def two_leads():
    first, *rows = lead().splitlines()
    return "\n".join([f"{first},V5", *(f"{row},{-float(row.split(',')[1])}" for row in rows)])


def test_a_link_to_a_recording_names_its_lead_and_side(page):
    open_lead(page, two_leads())
    page.get_by_label("Lead", exact=True).select_option("V5")
    page.get_by_label("Invert the lead").check()
    expect(page.get_by_role("status")).to_contain_text("lead V5, inverted")
    go_to(page, 3)
    expect_link(page, "lead=V5", "inverted=1")
    again(page)
    expect(page.locator(LINKED)).to_contain_text("beat 3 of lead.csv, lead V5 inverted: open that file again")
    open_lead(page, two_leads())
    expect(page.get_by_role("status")).to_contain_text("lead V5, inverted")
    expect_beat(page, 3)
    expect(page.get_by_label("Invert the lead")).to_be_checked()


def test_another_address_moves_within_what_is_open(page):
    open_lead(page, two_leads())
    go_to(page, 3)
    link = page.evaluate("location.hash")
    page.evaluate("(hash) => { location.hash = hash }", link.replace("beat=3", "beat=5"))
    expect_beat(page, 5)
    page.evaluate("(hash) => { location.hash = hash }", link.replace("beat=3", "beat=4").replace("lead=ECG", "lead=V5"))
    expect(page.get_by_role("status")).to_contain_text("lead V5")
    expect_beat(page, 4)


def test_steps_leave_the_history_as_it_was(page):
    opened(page)
    before = page.evaluate("history.length")
    for number in (2, 3, 4):
        go_to(page, number)
    assert page.evaluate("history.length") == before


def test_the_link_that_skips_to_the_beats_leaves_the_link(page):
    opened(page)
    go_to(page, 2)
    page.get_by_role("link", name="Skip to the beats").focus()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    expect_link(page, "beat=2")


@pytest.mark.parametrize("fragment", ["#main", "#file=a.csv", "#file=a.csv&beat=0", "#file=a.csv&beat=x", "#beat=3"])
def test_a_malformed_link_is_ignored(visit, gateway, fragment):
    expect(follow(visit(gateway), fragment).locator(LINKED)).to_be_hidden()


def test_text_of_a_link_is_never_markup(visit, gateway):
    expect(follow(visit(gateway), "#file=%3Cimg%20src%3Dx%3E&size=1&beat=1").locator(LINKED)).to_contain_text(
        "beat 1 of <img src=x>"
    )


# A browser without a head has no dialog to choose files by. A file of the origin's own private file system takes the
# place of a chosen one: it has the same kind of handle.
CHOSEN = """async (content) => {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle("beats.csv", { create: true });
    const stream = await file.createWritable();
    await stream.write(content);
    await stream.close();
    window.showOpenFilePicker = async () => [file];
}"""
PROMPTING = """
    window.granted = false;
    FileSystemFileHandle.prototype.queryPermission = async () => (window.granted ? "granted" : "prompt");
    FileSystemFileHandle.prototype.requestPermission = async () => { window.granted = true; return "granted"; };
"""


def choose(page, content=LABELLED):
    page.evaluate(CHOSEN, content)
    page.locator("#files").dispatch_event("click")
    expect(page.get_by_role("status")).to_contain_text("All are answered")


def test_a_file_with_permission_is_opened_after_a_reload(page):
    choose(page)
    go_to(page, 4)
    again(page)
    expect_beat(page, 4)
    expect(page.locator(LINKED)).to_be_hidden()


def test_a_file_without_permission_is_opened_by_a_button(page):
    page.add_init_script(PROMPTING)
    choose(page)
    go_to(page, 4)
    again(page)
    expect(page.locator(LINKED)).to_contain_text("beat 4 of beats.csv. The browser asks")
    assert violations(page) == []
    page.get_by_role("button", name="Open it again").click()
    expect_beat(page, 4)


def test_a_changed_file_has_to_be_chosen_again(page):
    choose(page)
    go_to(page, 4)
    page.evaluate(CHOSEN, "\n".join(lines()))
    again(page)
    expect(page.locator(LINKED)).to_contain_text("open that file again")


def test_nothing_of_a_file_is_stored(page):
    choose(page)
    go_to(page, 2)
    stored = page.evaluate(
        """async () => {
            const database = await new Promise((resolve) => {
                const opening = indexedDB.open("ecg-files");
                opening.onsuccess = () => resolve(opening.result);
            });
            const all = await new Promise((resolve) => {
                const request = database.transaction("handles").objectStore("handles").getAll();
                request.onsuccess = () => resolve(request.result);
            });
            const kept = all.map(({ key, handles, ...more }) => [key, handles.map(String), Object.keys(more)]);
            return [kept, Object.keys(localStorage)];
        }"""
    )
    assert stored == [[[f"beats.csv {len(LABELLED)}", ["[object FileSystemFileHandle]"], []]], []]
    address = page.evaluate("location.hash")
    assert re.fullmatch(rf"#file=beats\.csv&size={len(LABELLED)}&beat=2", address)


def test_without_storage_a_link_says_what_to_open(page):
    page.add_init_script("Object.defineProperty(window, 'indexedDB', { get() { throw new Error('forbidden'); } })")
    again(page)
    choose(page)
    go_to(page, 4)
    again(page)
    expect(page.locator(LINKED)).to_contain_text("open that file again")


def test_an_entered_sampling_rate_is_in_the_link(page):
    values = "\n".join(row.partition(",")[2] for row in lead().splitlines())
    files = {"name": "lead.csv", "mimeType": "text/csv", "buffer": values.encode()}
    page.locator("#files").set_input_files(files)
    page.get_by_label("Samples per second of this recording").fill("250")
    page.get_by_role("button", name="Read the recording").click()
    expect_link(page, "rate=250")
    go_to(page, 3)
    again(page)
    page.locator("#files").set_input_files(files)
    expect_beat(page, 3)
