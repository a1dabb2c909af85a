"""Headers of times, lines that are not rows, and unusual signs in numbers, anywhere in a file."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.client.gateway import Served
from data.client.rows import batches, layout_for
from data.errors import DataError
from data.tables.columns import Columns
from data.tables.dialect import looks_like_header
from data.tables.lines import BLOCK_BYTES
from data.tables.reader import open_beats, read_beats
from data.tables.roles import is_attribute, is_label_name, outside_series
from data.tables.stream import count_rows, line_of

Write = Callable[..., Path]
ROW = "0.123456789,-1.5,1\n"
CHUNK = " " * BLOCK_BYTES + "\n"  # a blank line of more than a chunk
BELOW = [["0.5", "-1.5", "0.25", "0.75", "-0.5", "1"], ["0.25", "-0.5", "1.5", "0", "-2.5", "0"]]


@given(
    start=st.sampled_from([0.0, -0.2, 12.5]),
    step=st.floats(0.0005, 1000),
    count=st.integers(5, 200),
    digits=st.integers(4, 17),
    label=st.sampled_from(["label", "Klasse", "diagnosis", "y"]),
)
def test_times_are_a_header(start, step, count, digits, label):
    below = [["0.5", "-1.5"] * count, ["0.25", "0.75"] * count]
    times = [f"{start + place * step:.{digits}g}" for place in range(count)]
    even = len(set(times)) == count and max(abs(float(t) - start - n * step) for n, t in enumerate(times)) < 0.1 * step
    if even:
        assert looks_like_header([*times, label], [row[: count + 1] for row in below], ".")
        assert looks_like_header([label, *times], [row[: count + 1] for row in below], ".")
        if start == 0:
            assert looks_like_header(times, [row[:count] for row in below], ".")


@pytest.mark.parametrize(
    "first",
    [
        ["0.1", "0.3", "0.2", "0.4", "0.5", "1"],
        ["0", "0.1", "0.2", "0.3", "0.5", "N"],
        ["0", "0.5", "1"],
        ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"],
        ["0.5", "0.4", "0.3", "0.2", "0.1", "0"],
    ],
)
def test_a_beat_is_no_header(first):
    assert not looks_like_header(first, [row[-len(first) :] for row in BELOW], ".")


def test_ramps_are_beats():
    ramps = [[f"{scale * place / 10:.1f}" for place in range(6)] for scale in range(1, 5)]
    assert not looks_like_header(ramps[0], ramps[1:], ".")


@pytest.mark.parametrize(
    "name",
    ["label", "Labels", "class", "classes", "target", "y", "diagnosis", "Klasse", "beat_type", "Rhythm", "class id"],
)
def test_names_of_labels(name):
    assert is_label_name(name)
    assert not is_label_name(name + "z")


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *(
            (name, True)
            for name in (
                "fold",
                "strat_fold",
                "Age",
                "sex",
                "HR",
                "heart_rate",
                "split",
                "paced",
                "bmi",
                "DOB",
                "birth_date",
            )
        ),
        *((name, False) for name in ("F1", "V5", "rr_previous", "qrs", "hrv", "page", "label", "0.02", "")),
    ],
)
def test_names_of_attributes(name, is_one):
    assert is_attribute(name) == is_one


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        (["qrs"], [12]),
        (["rr_previous", "RR", "post-RR"], []),
        (["qrs", "qt", "st"], [12, 13, 14]),
        (["qrs", "qt", "st", "pr"], []),  # too many for an oversight
        ([f"V5_{n}" for n in range(12)], []),
    ],
)
def test_a_few_names_stand_apart_from_a_long_series(others, expected):
    assert outside_series([*(f"F{n}" for n in range(12)), *others]) == expected


@pytest.mark.parametrize("line", [",,\n", "# moved\n"])
@pytest.mark.parametrize("between", ["", "\n", CHUNK])
def test_lines_that_are_not_rows_are_allowed_only_at_the_end(write, line, between):
    path = write(ROW * 3 + line + between + ROW * 3)
    with pytest.raises(DataError, match=r"line 4: (an empty row|a comment) between the rows; remove the line"):
        read_beats(path)
    assert len(read_beats(write(ROW * 3 + line * 3 + between + line)).labels) == 3
    assert len(read_beats(write(line + between + ROW * 3)).labels) == 3


def test_a_chunk_that_ends_in_an_empty_row_is_remembered(write):
    path = write((ROW * 3).ljust(BLOCK_BYTES - 4) + "\n,,\n" + ROW)
    with pytest.raises(DataError, match="line 5: an empty row between the rows"):
        read_beats(path)


def test_comments_at_the_end_are_no_rows(write):
    layout = open_beats(write("# note\n" + ROW * 3 + "# the end\n% really\n")).layouts[0]
    assert count_rows(layout) == 3
    assert line_of(layout, 3) == 4


@given(st.lists(st.floats(-1e4, 1e4, allow_subnormal=False), min_size=2, max_size=8))
def test_other_signs_of_numbers_change_nothing(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("signs") / "beats.csv"
    plain = [f"{value:.4E}" for value in values]
    path.write_text(",".join([*plain, "1"]) + "\n" + ",".join([*plain, "0"]))
    expected = read_beats(path, "last").features
    for text in ("D".join(",".join(plain).split("E")), ",\u00a0".join(plain).replace("-", "\u2212")):
        path.write_text(f"{text},1\n{text},0\n\x1a", encoding="utf-8")
        np.testing.assert_array_equal(read_beats(path, "last").features, expected)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_lists_are_read_a_batch_at_a_time(tmp_path, kind):
    values = np.random.default_rng(0).normal(size=(20_000, 100)).astype(np.float32)
    path = tmp_path / f"beats.{kind}"
    getattr(pd.DataFrame({"beat": list(values), "label": [0, 1] * 10_000}), f"to_{kind}")(path)
    beats = open_beats(path)
    assert (beats.width, beats.feature_names[-1]) == (100, "beat100")
    tracemalloc.start()
    first = 0
    for block, _ in beats.blocks():
        np.testing.assert_array_equal(block, values[first : first + len(block)])
        first += len(block)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert first == len(values)
    assert peak < values.nbytes / 2


def test_columns_outside_the_series_are_not_features(write):
    names = [f"F{n}" for n in range(1, 13)]
    path = write(",".join([*names, "qrs", "kind"]) + "\n" + ",".join(["0.5"] * 12 + ["0.1", "1"]) + "\n")
    served = Served(1, 12, None, None, "")
    layout = layout_for(Columns(path), "kind", served)
    assert layout.feature_names == tuple(names)
    assert [batch.labels.tolist() for batch in batches(layout, served, 7, 0) if batch.labels is not None] == [[1]]
