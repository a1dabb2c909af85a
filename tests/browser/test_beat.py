"""One beat: pasted or an example; its trace, its answer, how sure the model is, and when it cannot be shown."""

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTH, beat


def paste(page, text):
    page.get_by_label("A beat as text").fill(text)
    page.get_by_role("button", name="Show this beat").click()


def test_an_example_is_shown_with_its_answer_and_what_decided(page):
    page.locator("#examples").get_by_role("button", name="Class 1").click()
    expect(page.locator("#beat-name")).to_contain_text("Beat 2 of 2")
    answer = page.locator("#answer")
    expect(answer).to_contain_text("Class 1")
    expect(answer.get_by_role("row", name="Class 1")).to_contain_text("88.1 %")
    expect(answer).to_contain_text("Its label is 1 too")
    expect(page.locator("#deciding")).to_contain_text(
        "Most of the support for class 1 comes from the values 0 (100.0 %)"
    )
    assert page.locator("#trace .lane rect").count() == WIDTH
    assert page.locator("#trace .lane rect.for").count() == 1
    expect(page.locator("#trace .baseline")).to_be_attached()


@pytest.mark.parametrize(
    "text",
    [
        ", ".join(map(str, beat(2.0))),
        "\n".join(map(str, beat(2.0))),
        "; ".join(str(value).replace(".", ",") for value in beat(2.0)),
        json.dumps({"features": beat(2.0)}),
        " ".join(map(str, [*beat(2.0), 1])),
    ],
    ids=["commas", "lines", "decimal commas", "JSON", "with a label"],
)
def test_a_beat_is_pasted_with_anything_between_its_numbers(page, text):
    paste(page, text)
    expect(page.locator("#answer")).to_contain_text("88.1 %")
    expect(page.locator("#list")).to_be_hidden()


def test_several_beats_are_pasted_as_rows(page):
    paste(page, "\n".join(" ".join(map(str, beat(first))) for first in (-3.0, 3.0, 3.0)))
    expect(page.locator("#beat-name")).to_contain_text("Beat 1 of 3")
    expect(page.locator("#summary")).to_contain_text("Class 1: 2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3", f"These are 3 values. This model takes beats of {WIDTH} values."),
        ("1 2 three", "“three”, value 3 of 3, is not a number."),
        (" ", f"Paste the values of a beat: {WIDTH} numbers."),
    ],
)
def test_text_that_is_not_a_beat_is_rejected_with_the_reason(page, text, said):
    paste(page, text)
    expect(page.get_by_role("alert")).to_contain_text(said)
    paste(page, " ".join(map(str, beat(2.0))))
    expect(page.get_by_role("alert")).to_be_hidden()


def test_errors_of_the_gateway_are_shown_in_its_own_words(page):
    paste(page, " ".join(map(str, beat(1e200))))
    expect(page.get_by_role("alert")).to_contain_text("The gateway rejected the request")
    expect(page.get_by_role("alert")).to_contain_text("beat 0[0] is not a finite float32")


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (6.0, "Do not rely on this answer"),
        (0.2, "The model abstains"),
        (1.2, "Fairly sure"),
        (3.0, "Sure"),
        (4.9, "Very sure"),
    ],
)
def test_the_models_confidence_is_shown_in_words(page, first, said):
    paste(page, " ".join(map(str, beat(first))))
    expect(page.locator("#answer .banner strong")).to_have_text(said)


def test_a_value_is_read_out_along_the_trace(page):
    paste(page, " ".join(map(str, beat(2.0))))
    expect(page.locator("#deciding")).to_contain_text("Most of the support")
    page.get_by_label("Value", exact=True).fill("3")
    expect(page.locator("#reading")).to_have_text("Value 3: 0.30, mean beat 0.00, contributes 0.000")
    box = page.locator("#trace").bounding_box()
    page.locator("#trace").hover(position={"x": box["width"] - 12, "y": 50})  # which brings it in sight
    expect(page.locator("#reading")).to_contain_text(f"Value {WIDTH - 1}: 1.90")


def test_the_trace_has_a_description_and_a_table(page):
    paste(page, " ".join(map(str, beat(2.0))))
    expect(
        page.get_by_role("img", name=f"A trace of {WIDTH} values from 0.10 at value 1 to 2.00 at value 0")
    ).to_be_visible()
    page.get_by_text("Values as a table").click()
    expect(page.get_by_role("region", name="Values of the beat").get_by_role("row")).to_have_count(WIDTH + 1)


def test_what_decided_can_be_hidden(page):
    paste(page, " ".join(map(str, beat(2.0))))
    expect(page.locator("#trace .lane")).to_be_attached()
    page.get_by_label("Explain the prediction").uncheck()
    expect(page.locator("#trace .lane")).not_to_be_attached()
    expect(page.locator("#deciding")).to_be_hidden()


def test_the_model_card_shows_the_models_description(page):
    card = page.get_by_role("complementary", name="Model card")
    for words in (
        "ecg, version 1",
        "made.csv",
        "95.0 %",
        "probabilities are off by 2.0 % on average",
        "300 for training",
    ):
        expect(card).to_contain_text(words)
    rows = card.get_by_role("table", name="Confusion matrix").get_by_role("row")
    assert [row.inner_text().split() for row in rows.all()] == [
        ["Label", "●0", "▲1"],
        ["●0", "58", "2"],
        ["▲1", "3", "37"],
    ]
