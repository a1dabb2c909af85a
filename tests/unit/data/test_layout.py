"""Detection of delimiters, headers, notes and the label column."""

import gzip
import logging
import os
from pathlib import Path

import numpy as np
import pytest

from data.errors import DataError
from data.tables.beats import Beats
from data.tables.reader import read_beats

FEATURES = [[0.5, 1.5], [2.5, -3.5], [4.5, 1e-3]]
LABELS = [1, 0, 1]
ROWS = ["0.5,1.5,1", "2.5,-3.5,0", "4.5,1e-3,1"]
PLAIN = "\n".join(ROWS)


def assert_the_beats(path: Path, names: tuple[str, ...] = ("F1", "F2"), label: str | None = None) -> Beats:
    beats = read_beats(path, label)
    np.testing.assert_array_equal(beats.features, np.array(FEATURES, np.float32))
    assert beats.features.dtype == np.float32
    assert beats.labels.tolist() == LABELS
    assert beats.labels.dtype == np.int64
    assert beats.feature_names == names
    return beats


@pytest.mark.parametrize("delimiter", ",;\t")
@pytest.mark.parametrize("header", ["", "F1,F2,label\n"])
def test_each_delimiter_with_and_without_a_header(write, delimiter, header):
    assert_the_beats(write((header + PLAIN).replace(",", delimiter)))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_any_newline_blank_lines_a_byte_order_mark_and_gzip_change_nothing(write, newline, mark, pack):
    text = newline.join(["", "F1,F2,label", "  ", *ROWS, "", ""])
    assert_the_beats(write(pack(mark + text.encode())))


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("a,b,Label", ("a", "b")),
        ("a,b,anything", ("a", "b")),
        ('"a, or so","b",target', ("a, or so", "b")),
        ("0,1,2", ("0", "1")),
        ("1,2,3", ("1", "2")),
        ("0,1,diagnosis", ("0", "1")),
    ],
)
def test_a_header_is_known_by_its_texts_or_by_counting(write, header, names):
    assert_the_beats(write(f"{header}\n{PLAIN}"), names)


@pytest.mark.parametrize("header", [",a,b,label", ",0,1,2", ",0,1,label", "Unnamed: 0,a,b,label", "a,b,label"])
def test_an_index_of_pandas_or_r_is_left_out_and_logged(write, caplog, header):
    caplog.set_level(logging.INFO)
    rows = "\n".join(f"{number},{row}" for number, row in enumerate(ROWS))
    path = write(f"{header}\n{rows}")
    assert_the_beats(path, ("0", "1") if "0,1" in header else ("a", "b"))
    (said,) = caplog.messages
    assert said.startswith(f"{path}: column 1")
    assert said.endswith("only numbers the rows and is left out")


def test_two_counting_numbers_are_a_row_and_no_header(write):
    assert read_beats(write("0,1\n0.5,0\n")).labels.tolist() == [1, 0]


def test_the_label_may_be_first_last_or_named(write):
    turned = "\n".join(",".join([row.rsplit(",", 1)[1], *row.split(",")[:2]]) for row in ROWS)
    middle = "\n".join("{0},{2},{1}".format(*row.split(",")) for row in ROWS)
    assert assert_the_beats(write(PLAIN)).label_column == 2
    assert assert_the_beats(write(turned)).label_column == 0
    assert_the_beats(write("kind,a,b\n" + turned), ("a", "b"))
    assert_the_beats(write("a,Class,b\n" + middle), ("a", "b"))
    assert_the_beats(write("a,kind,b\n" + middle), ("a", "b"), label="kind")


def test_a_given_label_is_not_detected(write):
    path = write("1,2,3\n4,5,6\n")
    assert read_beats(path, "first").labels.tolist() == [4]
    path = write("7,2,3\n4,5,6\n")
    assert read_beats(path, "first").labels.tolist() == [7, 4]
    assert read_beats(path, "last").labels.tolist() == [3, 6]


def test_the_label_is_found_after_any_number_of_rows_that_leave_it_open(write):
    rows = ["7,0.5,1"] * 3000
    assert read_beats(write("\n".join([*rows, "7.5,0.5,1"]))).label_column == 2


@pytest.mark.parametrize(
    "texts", [["0", "1"], ["-1", "1"], ["1.0", "2.0"], ["1.0000000e+00", "1e3"], ["9007199254740991", "0"]]
)
def test_labels_are_any_integers_and_kept(write, texts):
    path = write("".join(f"0.5,{text}\n" for text in texts))
    assert read_beats(path).labels.tolist() == [int(float(text)) for text in texts]


def test_the_note_is_the_text_of_the_leading_comments(write):
    beats = assert_the_beats(write(f"# synthetic: by hand\n#more\na,b,label\n{PLAIN}"), ("a", "b"))
    assert beats.note == "synthetic: by hand\nmore"
    assert beats.source == "beats.csv"
    assert read_beats(write(PLAIN)).note is None


@pytest.mark.parametrize(
    ("text", "label", "message"),
    [
        ("", None, "beats.csv: empty; give a file with one beat per line"),
        ("# only a note\n\n", None, "beats.csv: empty"),
        ("a,b,label\n", None, "line 1: a header and no rows"),
        (",0,1,label\n0.5,0.5,0.5,1\n", None, 'line 1, column 1: no name in the header; .* --drop "Unnamed: 0"'),
        (",,1\n0.5,0.5,1\n0.5,0.5,0\n", None, "line 1, column 1: an empty value"),
        ("a,,label\n0.5,0.5,1\n", None, "line 1, column 2: no name in the header"),
        ("a,a,label\n0.5,0.5,1\n", None, "line 1, column 2: 'a' is the name of two columns"),
        ('a,"b,label\n0.5,0.5,1\n', None, "line 1: not a line of CSV"),
        ("0.5\n0.6\n", None, "line 1: only one column"),
        (
            "7,0.5,1\n3,0.5,0\n",
            None,
            "the first and the last column hold integers only; name the label column: --label first",
        ),
        ("7.5,1,0.1\n3.5,1,0.2\n", None, "neither the first nor the last column holds integers; name the label"),
        ("a,class,y\n0.5,1,0\n", None, r"column 2 \(class\) and column 3 \(y\) could each be the label"),
        ("a,b,label\n0.5,1,0\n", "kind", "no column named 'kind', its columns are a, b, label"),
        ("0.5,1.5,0\n", "kind", "no column named 'kind', it has no header"),
    ],
)
def test_a_layout_that_cannot_be_known_is_one_sentence(write, text, label, message):
    with pytest.raises(DataError, match=message) as caught:
        read_beats(write(text), label)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_errors(tmp_path):
    with pytest.raises(DataError, match=r"none.csv: no such file"):
        read_beats(tmp_path / "none.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match="not a file"):
        read_beats(tmp_path / "pipe.csv")
