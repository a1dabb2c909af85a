"""Errors of the reader, rows of a second file, and equal results of the fast and the careful parser."""

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.tables.layout import Layout
from data.tables.lines import BLOCK_BYTES, Chunk
from data.tables.parse import parse_carefully, parse_quickly
from data.tables.reader import BeatFiles, open_beats, read_beats
from data.tables.rows import Rows
from data.tables.text import TextTable

GOOD = "0.5,1.5,1\n2.5,3.5,0\n"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0.5,1", "line 3: 2 columns where 3 are expected; repair or remove the row"),
        ("0.5,1.5,1,", "line 3: 4 columns where 3 are expected"),
        ("0.5,abc,1", "line 3, column 2: 'abc' where a number is expected"),
        ("0.5,,1", "line 3, column 2: an empty value where a number is expected"),
        ("0.5,1_0,1", "line 3, column 2: '1_0' where a number is expected"),
        ("0.5,\u0661,1", "line 3, column 2: '\u0661' where a number is expected"),
        ("nan,1.5,1", "line 3, column 1: 'nan' is not a finite float32"),
        ("0.5,-Infinity,1", "line 3, column 2: '-Infinity' is not a finite float32"),
        ("0.5,1e39,1", "line 3, column 2: '1e39' is not a finite float32"),
        ("0.5,1.5,0.5", "line 3, column 3: '0.5' where an integer label is expected"),
        ("0.5,1.5,normal", "line 3, column 3: 'normal' where an integer label is expected"),
        ("0.5,1.5,9007199254740992", "line 3, column 3: '9007199254740992' where an integer label"),
        ("0.5,1.5,", "line 3, column 3: an empty value where an integer label is expected"),
        ('0.5,"1.5,1', "line 3: not a line of CSV"),
        ("0.5,1.5\x00,1", "line 3, column 2: "),
        ("0.5," + "x" * 1000 + ",1", r"line 3, column 2: 'x{40}\.\.\.' where"),
    ],
)
def test_a_bad_row_is_one_sentence_with_line_and_column(write, row, message):
    with pytest.raises(DataError, match=f"beats.csv, {message}") as caught:
        read_beats(write(GOOD + row + "\n" + GOOD))
    assert "\n" not in str(caught.value)


def test_a_column_with_a_name_is_named_too(write):
    with pytest.raises(DataError, match=r"line 5, column 2 \(V2\): 'x'"):
        read_beats(write("# note\nV1,V2,label\n0.5,1,1\n\n0.5,x,0\n"))


def test_the_line_is_right_however_far_into_the_file(write):
    row = "0.123456789," * 20 + "1\n"
    rows = 3 * BLOCK_BYTES // len(row)
    with pytest.raises(DataError, match=rf"line {rows + 2}, column 1: 'x.123456789'"):
        read_beats(write("\n" + row * rows + row.replace("0", "x", 1) + row))


def test_a_windows_newline_between_two_blocks_is_one_newline(write):
    row = "0.123456789,1\r\n"
    note = "#" + "-" * ((BLOCK_BYTES - 3 - len(row) + 1) % len(row)) + "\r\n"
    text = note + row * (BLOCK_BYTES // len(row) + 1)
    assert text[BLOCK_BYTES - 1 : BLOCK_BYTES + 1] == "\r\n"
    with pytest.raises(DataError, match=f"line {text.count(chr(10)) + 1}, column 1: 'x'"):
        read_beats(write(text + "x,1\r\n"))


def test_a_short_row_is_named_though_it_is_half_of_the_file(write):
    with pytest.raises(DataError, match="line 2: 2 columns where 3 are expected"):
        read_beats(write("0.5,1.5,1\n0.5,1.5\n"))


def test_text_in_the_first_row_is_no_header_if_most_of_it_is_numbers(write):
    with pytest.raises(DataError, match="line 1, column 2: 'abc'"):
        read_beats(write("0.5,abc,2.5,1\n0.5,1.5,2.5,0\n"))


def test_bytes_that_are_not_text(write):
    with pytest.raises(DataError, match="line 2: not UTF-8 text"):
        read_beats(write(b"0.5,1\n\xa00.5,1\n0.5,1\n"), "last")
    with pytest.raises(DataError, match="line 1: not UTF-8 text"):
        read_beats(write("größe,b,label\n".encode("latin-1") + GOOD.encode()))
    with pytest.raises(DataError, match="but is not UTF-16 text"):
        read_beats(write(b"\xff\xfe\x00\xd8" + GOOD.encode("utf-16-le")))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_with_a_byte_order_mark_is_text(write, encoding):
    rows = GOOD * 100_000
    packed = ("\ufeff" if encoding.endswith("be") else "") + "größe,b,label\n" + rows
    beats = read_beats(write(packed.encode(encoding)))
    assert beats.feature_names == ("größe", "b")
    assert len(beats.labels) == 200_000


def test_a_truncated_or_damaged_gzip_file(write):
    packed = gzip.compress(GOOD.encode() * 1000)
    for damaged in (packed[:-20], packed[:20] + b"\x00\xff" * 10 + packed[40:]):
        with pytest.raises(DataError, match="the gzip data is truncated or damaged"):
            read_beats(write(damaged))


def test_a_column_of_true_and_false_holds_no_numbers(write):
    with pytest.raises(DataError, match="line 1, column 1: 'True' where a number is expected"):
        read_beats(write("True,0.5,1\nFalse,1.5,0\n"), "last")


def test_quoted_values_are_values(write):
    assert read_beats(write('"0.5","1"\n"1.5","0"\n')).labels.tolist() == [1, 0]


def labels_of(files: BeatFiles, *classes: int) -> list[int]:
    return [label for _, labels in files.blocks(np.array(classes) if classes else None) for label in labels.tolist()]


def test_a_test_file_is_read_like_the_training_file(write):
    training = open_beats(write("1,0.5,7\n2,1.5,8\n", "train.csv"), "first")
    assert labels_of(open_beats(write("2,0.5,7\n1,0.5,9\n"), like=training)) == [2, 1]


def test_a_test_file_need_not_repeat_the_training_header(write):
    training = open_beats(write("a,b,kind\n" + GOOD, "train.csv"), "kind")
    assert labels_of(open_beats(write(GOOD), "kind", like=training)) == [1, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0.5,1\n", "test.csv: 2 columns, but train.csv has 3, including the label"),
        ("a,c,label\n" + GOOD, "test.csv, line 1: the column names differ from those of train.csv; use the same"),
        (GOOD + "0.5,1.5,7\n", r"test.csv, line 3, column 3: class 7 is not among those of the training rows \(0, 1\)"),
    ],
)
def test_a_test_file_of_another_kind_is_refused(write, text, message):
    training = open_beats(write("a,b,label\n" + GOOD, "train.csv"))
    with pytest.raises(DataError, match=message):
        labels_of(open_beats(write(text, "test.csv"), like=training), 0, 1)


def test_a_folder_of_files_is_one_set_in_the_order_of_their_names(write, tmp_path):
    write("# synthetic: two\n0.5,1.5,4\n", "beats-2.csv")
    write(b"# synthetic: one\na,b,kind\n0.5,1.5,3\n2.5,1.5,1\n", "beats-1.csv")
    write(gzip.compress(b"# synthetic: two\n0.5\t1.5\t5\n"), "beats-3.TSV.gz")
    write("not beats", "README.md")
    beats = read_beats(tmp_path, "last")
    assert beats.labels.tolist() == [3, 1, 4, 5]
    assert beats.features.tolist() == [[0.5, 1.5], [2.5, 1.5], [0.5, 1.5], [0.5, 1.5]]
    assert (beats.source, beats.feature_names) == (tmp_path.name, ("a", "b"))
    assert beats.note == "synthetic: one\nsynthetic: two"


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("0.5,1\n", "2.csv: 2 columns, but 1.csv has 3"),
        ("a,c,label\n" + GOOD, "2.csv, line 1: the column names differ from those of 1.csv"),
        (GOOD + "0.5,x,1\n", "2.csv, line 3, column 2: 'x' where a number is expected"),
        ("", "2.csv: empty"),
    ],
)
def test_an_error_in_a_folder_names_the_file(write, tmp_path, second, message):
    write("a,b,label\n" + GOOD, "1.csv")
    write(second, "2.csv")
    with pytest.raises(DataError, match=message):
        read_beats(tmp_path)


def test_a_folder_without_files_of_beats_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no file in this folder ends in \.csv, \.tsv"):
        read_beats(tmp_path)


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
doubles = st.floats(-3e38, 3e38)
oddities = st.text("0123456789.,eE+-_ \"'naifNITYxNA#%:\r\x00\x0b\x1c\xa0\u0661\ufeff\t", max_size=6)
fields = st.one_of(
    numbers.map(repr),
    st.integers().map(str),
    oddities,
    st.sampled_from(
        ["1e39", "-0", "inf", "0x1p3", "NA", "True", '"1"', '"1"2', '"N"', "N", "V ", " N", "1,5", '"1,5"', ""]
    ),
)


def table_of(delimiter: str, decimal: str, width: int, trailing: int = 0) -> TextTable:
    return TextTable(Path("beats.csv"), None, delimiter, decimal, None, width, 0, trailing)


def outcome(parser: Callable[..., Rows | None], *given: object) -> Rows | str | None:
    try:
        return parser(*given)
    except DataError as error:
        return str(error)


def assert_same(quick: Rows, careful: Rows | str | None) -> None:
    assert isinstance(careful, Rows), careful
    for name in ("features", "labels", "groups"):
        np.testing.assert_array_equal(getattr(quick, name), getattr(careful, name))


@settings(max_examples=400)
@given(
    lines=st.lists(st.lists(fields, min_size=1, max_size=4), max_size=4),
    delimiter=st.sampled_from([",", ";", "\t", " "]),
    decimal=st.sampled_from(".,"),
    columns=st.permutations(range(3)),
    names=st.sampled_from([None, ("N", "V")]),
    group=st.booleans(),
    trailing=st.integers(0, 1),
)
def test_both_parsers_give_equal_results(lines, delimiter, decimal, columns, names, group, trailing):
    table = table_of(delimiter, decimal, 3, trailing)
    first, label, other = columns
    left_out, grouped = ((), other) if group else ((other,), -1)
    layout = Layout(table, (first,), label, grouped, left_out, names is not None, names)
    chunk = Chunk(1, "\n".join(delimiter.join(line) for line in lines).encode())
    quick = parse_quickly(chunk, table, layout)
    if quick is not None:
        assert_same(quick, outcome(parse_carefully, chunk, table, layout))


@given(
    rows=st.lists(st.tuples(doubles, st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from("NV")), max_size=4),
    decimal=st.sampled_from(".,"),
    delimiter=st.sampled_from(["\t", ";", "   "]),
)
def test_the_quick_parser_accepts_every_good_row_and_is_exact(rows, decimal, delimiter):
    """Values are those of Python's float, rounded once more to float32, bit for bit."""
    table = table_of(delimiter[0], decimal, 3)
    texts = [delimiter.join([repr(value).replace(".", decimal), str(label), name]) for value, label, name in rows]
    quick = parse_quickly(Chunk(1, "\n".join(texts).encode()), table, Layout(table, (0,), 1, 2))
    assert quick is not None
    assert quick.labels is not None
    assert quick.groups is not None
    expected = np.array([value for value, _, _ in rows], np.float64).astype(np.float32).reshape(-1, 1)
    assert quick.features.tobytes() == expected.tobytes()
    assert quick.labels.tolist() == [label for _, label, _ in rows]
    assert quick.groups.tolist() == [name for _, _, name in rows]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(numbers, numbers, st.integers(-5, 5)), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t"),
    newline=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    pack=st.sampled_from([bytes, gzip.compress]),
)
def test_what_is_written_is_read(write, rows, delimiter, newline, pack):
    lines = [delimiter.join(map(repr, row)) for row in rows]
    text = newline.join([delimiter.join(["u", "v", "label"]), *lines])
    beats = read_beats(write(pack(text.encode())))
    np.testing.assert_array_equal(beats.features, np.array(rows, np.float64)[:, :2].astype(np.float32))
    assert beats.labels.tolist() == [row[2] for row in rows]


def test_memory_stays_near_the_beats_own(tmp_path):
    path = tmp_path / "long.csv"
    row = ",".join(["0.12345678"] * 100)
    with path.open("w") as file:
        file.writelines(f"{row},{number % 2}\n" for number in range(40_000))
    tracemalloc.start()
    beats = read_beats(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert beats.features.nbytes == 16_000_000
    assert peak < 1.125 * beats.features.nbytes + 6 * BLOCK_BYTES < path.stat().st_size


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("ecg.csv.gz", {0: 2079, 1: 2919}),
        ("ECG5000_TRAIN.tsv", {1: 292, 2: 177, 3: 10, 4: 19, 5: 2}),
        ("ECG5000_TEST.tsv.gz", {1: 2627, 2: 1590, 3: 86, 4: 175, 5: 22}),
    ],
)
def test_real_beats(real_data, name, counts):
    beats = read_beats(real_data / name)
    assert dict(zip(*map(np.ndarray.tolist, np.unique(beats.labels, return_counts=True)), strict=True)) == counts
    assert beats.features.shape == (sum(counts.values()), 140)
    np.testing.assert_allclose(beats.features.mean(axis=1), 0, atol=1e-3)
