"""The page shows a class's name wherever it shows the class."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import beat
from tests.browser.test_beat import paste
from tests.browser.test_file import lines, opened
from tests.browser.test_print import sheet_of
from tests.browser.test_recording import drop


def test_sentences_of_a_beat_name_its_class_and_the_next_one(named):
    paste(named, " ".join(map(str, beat(2.0))))
    expect(named.locator("#answer .banner")).to_contain_text("The next class is 0 (Normal) with")
    expect(named.locator("#deciding")).to_contain_text("Most of the support for class 1 (V) comes from")
    expect(named.locator("#deciding")).to_contain_text("the score of class 1 (V) changes from")
    expect(named.locator("#trace .lane")).to_contain_text("supports class 1 (V)")
    expect(named.locator("#trace .lane")).to_contain_text("opposes class 1 (V)")


def test_a_guess_below_the_limit_is_named(named):
    paste(named, " ".join(map(str, beat(0.2))))
    expect(named.locator("#answer .banner")).to_contain_text("The most probable class is 1 (V) at")


def test_two_beats_are_compared_by_name(named):
    opened(named, "\n".join(lines(labels=(0, 0, 1, 1, 0))))
    named.get_by_role("button", name="Compare with this beat").click()
    expect(named.locator("#compared")).to_contain_text("Pinned: beat 1, class 0 (Normal).")
    named.get_by_role("button", name="Beat 2", exact=True).click()
    expect(named.locator("#compared")).to_contain_text(
        "This is beat 2, class 1 (V); pinned is beat 1, class 0 (Normal)."
    )
    expect(named.locator("#differences").get_by_role("row", name="Label")).to_contain_text("0 (Normal)")


def test_a_number_that_is_a_label_has_its_name(named):
    opened(named, "\n".join(lines(labels=(0, 0, 1, 1, 0))))
    expect(named.locator("#answer")).to_contain_text("Its label is 0 (Normal) too.")
    named.get_by_role("button", name="Beat 2", exact=True).click()
    expect(named.locator("#answer")).to_contain_text("Its label is 0 (Normal): the model disagrees.")
    named.locator("#label-choice").select_option("1")
    expect(named.locator("#label-was")).to_have_text("Corrected: the file has 0 (Normal).")
    expect(sheet_of(named)).to_contain_text("label 0 (Normal)")


def test_a_number_that_means_something_else_has_no_name(named):
    opened(named, "\n".join(lines(labels=(1, 5, 1, 2, 1))))
    expect(named.locator("#answer")).to_contain_text("Its label is 1, which cannot be compared")


def test_a_recording_names_the_classes_at_its_beats(named):
    drop(named)
    peak = named.locator("#strip .peak").first
    expect(peak).to_have_attribute("aria-label", re.compile(r"class [01] \((Normal|V)\), "))
    expect(peak).to_have_text(re.compile("[●▲](Normal|V)⚠?$"))
    expect(named.locator("#tachogram")).to_have_attribute("aria-valuetext", re.compile(r", class [01] \((Normal|V)\)$"))
    expect(named.locator("#tachogram .lane-name").first).to_have_text(re.compile("[●▲] (Normal|V)$"))
    expect(sheet_of(named).locator(".peak-mark.chosen")).to_have_text(re.compile("[●▲] (Normal|V)"))


def test_the_confusion_matrix_names_its_columns(named):
    expect(named.locator(".confusion thead th")).to_have_text(["Label", "●Normal", "▲V"])
