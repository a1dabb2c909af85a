"""A file of beats: reading it, the table of answers, and its controls."""

import csv
import gzip

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import WIDTH, beat

FIRSTS = (-3.0, 3.0, 0.2, 6.0, -2.0)
LABELS = (0, 1, 1, 1, 1)


def lines(firsts=FIRSTS, labels=None, label_first=False, delimiter=","):
    """Rows of a file of beats."""
    rows = [[str(value) for value in beat(first)] for first in firsts]
    for row, label in zip(rows, labels or (), strict=False):
        row.insert(0 if label_first else WIDTH, str(label))
    return [delimiter.join(row) for row in rows]


def drop(page, name, content):
    data = content if isinstance(content, bytes) else content.encode()
    page.locator("#files").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})


LABELLED = "\n".join(lines(labels=LABELS))


def opened(page, text=LABELLED, name="beats.csv"):
    drop(page, name, text)
    expect(page.get_by_role("status")).to_contain_text("All are answered")


def rows(page):
    return [row.inner_text().split() for row in page.locator("#rows tr").all()]


@pytest.mark.parametrize(
    ("content", "name", "understood"),
    [
        ("\n".join(lines()), "beats.csv", "no header; no label column"),
        ("\n".join(lines(labels=LABELS)), "beats.csv", "no header; the label is the last column"),
        (
            "\r\n".join(lines(labels=LABELS, label_first=True, delimiter="\t")),
            "beats.tsv",
            "the label is the first column",
        ),
        (
            "\n".join([",".join([*(f"F{n}" for n in range(WIDTH)), "label"]), *lines(labels=LABELS)]),
            "beats.csv",
            "a header; the label is the last column (label)",
        ),
        (gzip.compress("\n".join(lines(labels=LABELS)).encode()), "beats.csv.gz", "the label is the last column"),
    ],
    ids=["no label", "label last", "label first, tabs", "header", "gzip"],
)
def test_a_file_is_read_and_the_page_says_how(page, content, name, understood):
    opened(page, content, name)
    expect(page.get_by_role("status")).to_contain_text(f"5 beats of {WIDTH} values")
    expect(page.get_by_role("status")).to_contain_text(understood)
    assert [row[:3] for row in rows(page)] == [
        ["1", "●0", "95.3"],
        ["2", "▲1", "95.3"],
        ["3", "▲(1)", "55.0"],
        ["4", "▲(1)", "\N{EN DASH}"],
        ["5", "●0", "88.1"],
    ]


def test_columns_with_the_models_names_are_put_in_its_order(page):
    names = ["label", *(f"F{n}" for n in range(WIDTH, 0, -1))]
    content = [",".join(names), *(",".join(row.split(",")[::-1]) for row in lines(labels=LABELS))]
    opened(page, "\n".join(content))
    expect(page.get_by_role("status")).to_contain_text("a header, its columns put in the model's order; the label is")
    assert [row[1:3] for row in rows(page)][::3] == [["●0", "95.3"], ["▲(1)", "\N{EN DASH}"]]


def test_of_two_files_the_last_one_is_opened(page):
    page.evaluate(
        """() => {
            window.stopped = 0;
            const { postMessage, terminate } = Worker.prototype;
            Worker.prototype.postMessage = function (message) {
                if (message.input.file.name !== "slow.csv") postMessage.call(this, message);
            };
            Worker.prototype.terminate = function () {
                window.stopped += 1;
                terminate.call(this);
            };
        }"""
    )
    drop(page, "slow.csv", "\n".join(lines()))
    expect(page.get_by_role("status")).to_have_text("Reading slow.csv …")
    opened(page, name="fast.csv")
    expect(page.locator("#beat-name")).to_contain_text("fast.csv")
    assert page.evaluate("window.stopped") == 2  # that of the slow one, and that of the fast one at its end


def test_columns_without_values_are_left_out_and_named(page):
    names = ["", *(f"F{n}" for n in range(1, WIDTH + 1)), "Patient ID", "label"]
    rows_of_file = [f"{place},{row},P{place // 2},N" for place, row in enumerate(lines(), 1)]
    opened(page, "\n".join([",".join(names), *rows_of_file]))
    status = page.get_by_role("status")
    expect(status).to_contain_text(f"5 beats of {WIDTH} values; a header; the label is the last column (label).")
    expect(status).to_contain_text("Column 1 (Unnamed: 0) counts the rows and is left out.")
    expect(status).to_contain_text(f"Column {WIDTH + 2} (Patient ID) names a person or a file and is left out.")
    assert [row[1:3] for row in rows(page)][:2] == [["●0", "95.3"], ["▲1", "95.3"]]


def test_decimal_commas_are_read(page):
    rows_of_file = [row.replace(",", ";").replace(".", ",") for row in lines(labels=LABELS)]
    opened(page, "\n".join(rows_of_file))
    expect(page.get_by_role("status")).to_contain_text("no header; decimal commas; the label is the last column")
    assert [row[1:3] for row in rows(page)][:2] == [["●0", "95.3"], ["▲1", "95.3"]]


def test_malformed_rows_are_left_out_and_named(page):
    broken = lines(labels=LABELS)
    broken[1] = broken[1].replace("0.5", "half")
    broken[3] = "1,2,3"
    opened(page, "\n".join(broken))
    expect(page.get_by_role("status")).to_contain_text("3 beats")
    expect(page.get_by_role("status")).to_contain_text(
        "Left out: line 2, column 6: 'half' where a number is expected; "
        f"line 4: 3 columns where {WIDTH + 1} are expected."
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("beats.csv", "1,2,3\n4,5,6", f"Its rows have 3 values. This model takes beats of {WIDTH} values"),
        (
            "beats.csv",
            "a,b,label\n" + "1,2,0\n" * 50,
            f"Its rows have 2 values. This model takes beats of {WIDTH} values",
        ),
        ("beats.csv", "", "beats.csv is empty"),
        ("beats.csv.gz", gzip.compress(LABELLED.encode())[:-30], "beats.csv.gz: cannot be unpacked"),
        (
            "beats.csv",
            b"PK\x03\x04\x14\0xl/workbook.xml",
            "beats.csv: this is an Excel workbook, not a table that can be read; save its sheet as CSV",
        ),
        ("beat.png", b"\x89PNG\r\n\x1a\n", "a picture, not a table that can be read; give the numbers"),
        ("ecg.dcm", bytes(128) + b"DICM", "a DICOM file, not a table that can be read; export its samples"),
        ("ecg.edf", b"%PDF-1.7", "ecg.edf: this is a PDF, not a recording that can be read; it shows a recording"),
        ("beats.parquet", b"PAR1", "a Parquet file, not a table that can be read; the page reads text only"),
    ],
    ids=["few values", "few values and a label", "empty", "cut short", "Excel", "picture", "DICOM", "PDF", "Parquet"],
)
def test_a_file_that_does_not_fit_is_rejected_with_the_expected_format(page, name, content, said):
    drop(page, name, content)
    expect(page.get_by_role("alert")).to_contain_text(said)


def test_a_file_with_too_many_rows_is_rejected_and_the_command_line_is_named(page):
    drop(page, "beats.csv", (lines((1.0,))[0] + "\n") * 50_002)
    expect(page.get_by_role("alert")).to_contain_text("up to 50,000 beats")
    expect(page.get_by_role("alert")).to_contain_text("python -m data predict")


def test_labels_are_compared_with_the_answers(page):
    opened(page)
    expect(page.locator("#summary")).to_contain_text(
        "Of 5 labelled beats, the model agrees with 4: 80.0 % (95 % interval 37.6 % to 96.4 %"
    )
    page.get_by_label("Show", exact=True).select_option("differs")
    assert [row[0] for row in rows(page)] == ["5"]
    expect(page.locator("#beat-name")).to_contain_text("Beat 5 of 5")
    expect(page.locator("#answer")).to_contain_text("the model disagrees")


def test_a_beat_without_a_label_is_not_compared(page):
    header = ",".join([*(f"F{n}" for n in range(1, WIDTH + 1)), "label"])
    opened(page, "\n".join([header, *lines(labels=(0, "", 1, 1, ""))]))
    expect(page.locator("#summary")).to_contain_text(
        "Of 3 labelled beats, the model agrees with 3: 100.0 % (95 % interval 43.9 % to"
    )
    page.get_by_label("Show", exact=True).select_option("differs")
    expect(page.locator("#no-rows")).to_be_visible()


def test_beats_are_filtered_by_class_and_by_doubt(page):
    opened(page)
    page.get_by_label("Show", exact=True).select_option("unusual")
    assert [row[0] for row in rows(page)] == ["4"]
    page.get_by_label("Show", exact=True).select_option("abstain")
    assert [row[0] for row in rows(page)] == ["3"]
    page.get_by_label("of", exact=True).select_option("0")
    expect(page.locator("#no-rows")).to_be_visible()
    page.get_by_label("Show", exact=True).select_option("all")
    assert [row[0] for row in rows(page)] == ["1", "5"]


def test_beats_are_sorted_by_any_column(page):
    opened(page)
    by_probability = page.get_by_role("button", name="Probability")
    by_probability.click()
    assert [row[0] for row in rows(page)] == ["3", "5", "1", "2", "4"]  # 4 is unusual and has none
    expect(page.get_by_role("columnheader", name="Probability")).to_have_attribute("aria-sort", "ascending")
    expect(by_probability).to_be_focused()
    by_probability.press("Enter")
    assert [row[0] for row in rows(page)] == ["1", "2", "5", "3", "4"]
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.locator("#beat-name")).to_contain_text("Beat 2 of 5")
    page.get_by_role("button", name="Class", exact=True).press("Enter")
    page.get_by_label("of", exact=True).select_option("0")
    page.get_by_label("of", exact=True).select_option("1")  # 2, 3, 4: another first one
    expect(page.get_by_role("button", name="Previous", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Beat 4", exact=True).click()
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()
    page.get_by_role("button", name="Beat", exact=True).press("Enter")
    page.get_by_role("button", name="Beat", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_enabled()
    expect(page.get_by_role("button", name="Previous", exact=True)).to_be_disabled()


def test_a_long_file_is_paged_through(page):
    opened(page, "\n".join(lines([(-1) ** n * 2.0 for n in range(300)])))
    expect(page.locator("#page")).to_have_text("Page 1 of 15, 300 beats")
    page.get_by_role("button", name="Last page").click()
    assert rows(page)[-1][0] == "300"
    page.get_by_role("button", name="Beat 299", exact=True).click()
    expect(page.locator("#beat-name")).to_contain_text("Beat 299 of 300")
    page.get_by_role("button", name="Next", exact=True).click()
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_disabled()


def test_the_answers_are_downloaded_as_csv(page):
    opened(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the answers as CSV").click()
    assert download.value.suggested_filename == "beats-answers.csv"
    with open(download.value.path(), newline="") as file:
        answers = list(csv.DictReader(file))
    assert [(row["beat"], row["label"], row["predicted_class"], row["unusual"], row["abstain"]) for row in answers] == [
        ("1", "0", "0", "false", "false"),
        ("2", "1", "1", "false", "false"),
        ("3", "1", "1", "false", "true"),
        ("4", "1", "1", "true", "false"),
        ("5", "1", "0", "false", "false"),
    ]
    assert float(answers[0]["probability_0"]) == pytest.approx(0.9526, abs=1e-4)
    assert {row["model_version"] for row in answers} == {"1"}


def test_a_download_has_the_labels_of_all_beats_and_no_formula(page):
    opened(page, "\n".join(lines(labels=("", "=1+1", "@a", -1, "N"))))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the answers as CSV").click()
    with open(download.value.path(), newline="") as file:
        answers = list(csv.DictReader(file))
    assert [row["label"] for row in answers] == ["", "'=1+1", "'@a", "-1", "N"]
    assert list(answers[0])[:3] == ["beat", "label", "predicted_class"]


def test_batches_redraw_only_changed_parts(page, serving):
    page.evaluate(
        """() => {
            window.filled = {};
            for (const id of ["answer", "columns"]) {
                const count = () => (filled[id] = (filled[id] ?? 0) + 1);
                new MutationObserver(count).observe(document.getElementById(id), { childList: true });
            }
        }"""
    )
    with serving.hold():
        drop(page, "beats.csv", "\n".join(lines([2.0] * 1500)))
        serving.wait_for_held()
        page.get_by_role("button", name="Probability").focus()
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    expect(page.locator("#deciding")).to_contain_text("support for class")
    expect(page.get_by_role("button", name="Probability")).to_be_focused()
    assert page.evaluate("[filled.answer, filled.columns]") == [2, 1]  # waiting, and answered


def test_a_pending_explanation_is_not_requested_again(visit, gateway):
    visited = visit(gateway)
    page = visited.open()
    page.route("**/explain", lambda route: None)  # never answered
    drop(page, "beats.csv", "\n".join(lines([2.0] * 1500)))
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    assert sum(url.endswith("/explain") for url in visited.asked) == 1


def test_a_run_can_be_cancelled_and_resumed(page, serving):
    with serving.hold():
        drop(page, "beats.csv", "\n".join(lines([2.0] * 600)))
        serving.wait_for_held()
        expect(page.locator("#done-text")).to_have_text("0 of 600 beats")
        page.get_by_role("button", name="Cancel").click()
        expect(page.locator("#go-on")).to_contain_text("0 of 600 beats answered.")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("status")).to_contain_text("All are answered")
    expect(page.locator("#summary")).to_contain_text("Class 1: 600")


def test_batches_are_as_small_as_the_gateways_limit(serving, start, visit):
    page = visit(start(serving.target, max_batch=20)).open()
    opened(page, "\n".join(lines([2.0] * 100)))
    expect(page.get_by_role("alert")).to_be_hidden()


def test_answers_stay_when_the_gateway_rejects_later_beats(page):
    opened(page)
    drop(page, "beats.csv", "\n".join(lines([2.0, 1e200, 2.0])))
    expect(page.get_by_role("alert")).to_contain_text("The gateway rejected the request")
    expect(page.locator("#go-on")).to_contain_text("1 of 3 beats answered.")


def test_a_file_is_dropped_anywhere_on_the_page(page):
    page.evaluate(
        """([text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.csv"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        ["\n".join(lines())],
    )
    expect(page.locator("#beat-name")).to_contain_text("dropped.csv")
