"""Correcting labels: in the list and below the beat, undone, downloaded for training, and never lost in silence."""

import csv

import numpy as np
from playwright.sync_api import expect

from data.tables.reader import read_beats
from tests.browser.conftest import WIDTH, beat
from tests.browser.test_accessibility import violations
from tests.browser.test_file import FIRSTS, LABELLED, drop, lines, opened
from tests.browser.test_recording import drop as drop_recording
from tests.browser.test_recording import strip_of

NAMED = "\n".join(
    [",".join([*(f"F{n}" for n in range(1, WIDTH + 1)), "label"]), *lines(labels=("N", "V", "", "S", "N"))]
)


def label_of(page, number):
    return page.get_by_label(f"Label of beat {number}", exact=True)


def dismissing(page, times=None):
    """Answer the page's questions, or the first of them, with No; return their texts."""
    asked = []

    def dismiss(dialog):
        asked.append(dialog.message)
        dialog.dismiss()

    (page.once if times else page.on)("dialog", dismiss)
    return asked


def downloaded(page, tmp_path):
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the corrected beats as training data").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    return file


def test_a_label_is_corrected_in_the_list_marked_counted_and_undone(page):
    opened(page)
    expect(page.locator("#corrections")).to_be_hidden()
    label_of(page, 5).select_option("0")
    label_of(page, 2).select_option("")
    expect(page.locator("#corrected-count")).to_contain_text("2 beats have a label that you gave or corrected.")
    expect(page.locator("#rows tr").nth(4)).to_contain_text("corrected")
    # the answers are held to the labels of the file: whoever corrects has seen the answers
    expect(page.locator("#summary")).to_contain_text("agrees with 4")
    page.get_by_label("Show", exact=True).select_option("corrected")
    expect(page.locator("#rows tr")).to_have_count(2)
    page.get_by_label("Show", exact=True).select_option("all")
    assert violations(page) == []
    undo = page.get_by_role("button", name="Undo the last correction")
    undo.click()
    expect(label_of(page, 2)).to_have_value("1")
    expect(page.locator("#beat-name")).to_contain_text("Beat 2 of 5")
    undo.click()
    expect(label_of(page, 5)).to_have_value("1")
    expect(page.locator("#corrections")).to_be_hidden()
    expect(page.get_by_label("Label of this beat")).to_be_focused()


def test_a_label_is_corrected_below_the_beat_by_keyboard(page):
    opened(page, NAMED)
    page.get_by_label("Label of this beat").select_option("V")
    expect(page.locator("#label-was")).to_have_text("Corrected: the file has N.")
    text = page.get_by_label("or another one")
    text.focus()
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    expect(page.locator("#label-refused")).to_contain_text("The labels of these beats are texts")
    text.fill("")
    page.keyboard.type("Q")
    page.keyboard.press("Enter")
    expect(label_of(page, 1)).to_have_value("Q")
    expect(text).to_have_value("")
    label_of(page, 4).select_option("another …")
    expect(page.locator("#beat-name")).to_contain_text("Beat 4 of 5")
    expect(text).to_be_focused()
    expect(label_of(page, 4)).to_have_value("S")


def test_the_arrow_keys_choose_in_a_label_and_the_focus_stays(page):
    opened(page)
    label_of(page, 3).focus()
    page.keyboard.press("ArrowUp")
    expect(label_of(page, 3)).to_have_value("0")
    expect(label_of(page, 3)).to_be_focused()
    expect(page.locator("#beat-name")).to_contain_text("Beat 1 of 5")


def test_training_reads_the_corrected_beats(page, tmp_path):
    opened(page, NAMED)
    label_of(page, 2).select_option("S")
    label_of(page, 5).select_option("")
    expect(page.locator("#corrected-content")).to_contain_text("The file has 3 beats in it")
    expect(page.locator("#corrected-content")).to_contain_text("2 beats without a label are left out.")
    file = downloaded(page, tmp_path)
    assert file.name == "beats-corrected.csv"
    beats = read_beats(file)
    assert beats.feature_names == tuple(f"F{n}" for n in range(1, WIDTH + 1))
    assert [(beats.class_names or ())[label] for label in beats.labels] == ["N", "S", "S"]
    right = np.array([beat(FIRSTS[place]) for place in (0, 1, 3)], np.float32)
    assert beats.features.tolist() == right.tolist()


def test_downloaded_answers_have_the_corrected_label_and_the_files_label(page):
    opened(page)
    label_of(page, 5).select_option("0")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the answers as CSV").click()
    with open(download.value.path(), newline="") as file:
        answers = list(csv.DictReader(file))
    assert [(row["label"], row["corrected_label"]) for row in answers[3:]] == [("1", ""), ("1", "0")]


def test_leaving_the_page_with_corrections_asks_first(page, tmp_path):
    opened(page)
    label_of(page, 5).select_option("0")
    asked = dismissing(page)
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    assert asked == [""]  # the browser has its own words
    expect(page.locator("#corrected-count")).to_contain_text("1 beat has")
    downloaded(page, tmp_path)
    expect(page.locator("#corrected-content")).to_contain_text("Downloaded as it is now.")
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    assert asked == [""]  # the browser has its own words


def test_opening_another_file_with_corrections_asks_first(page):
    opened(page)
    label_of(page, 5).select_option("0")
    asked = dismissing(page, times=1)
    with page.expect_event("dialog"):
        drop(page, "other.csv", LABELLED)
    expect(page.locator("#beat-name")).to_contain_text("beats.csv")
    expect(label_of(page, 5)).to_have_value("0")
    assert asked == [
        "1 corrected label of beats.csv is not downloaded. Open other.csv all the same, and lose it?",
    ]
    page.once("dialog", lambda dialog: dialog.accept())
    drop(page, "other.csv", LABELLED)
    expect(page.locator("#beat-name")).to_contain_text("other.csv")
    expect(page.locator("#corrections")).to_be_hidden()


def test_corrections_stay_with_their_beats_in_another_lead(page):
    first, *rows = strip_of(times=True).splitlines()
    content = "\n".join([f"{first},V5", *(f"{row},{-float(row.split(',')[1])}" for row in rows)]).encode()
    page.locator("#files").set_input_files({"name": "leads.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    label_of(page, 4).select_option("1")
    page.get_by_label("Lead", exact=True).select_option("V5")
    expect(page.get_by_role("status")).to_contain_text("lead V5; ")
    expect(page.locator("#corrected-count")).to_contain_text("1 beat has")
    page.get_by_label("Show", exact=True).select_option("corrected")
    expect(page.locator("#rows tr")).to_have_count(1)


def test_beats_of_a_recording_are_labelled_for_training(page, tmp_path):
    drop_recording(page)
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    label_of(page, 4).select_option("1")
    label_of(page, 6).select_option("0")
    file = downloaded(page, tmp_path)
    beats = read_beats(file)
    assert (beats.features.shape, beats.labels.tolist()) == ((2, WIDTH), [1, 0])
