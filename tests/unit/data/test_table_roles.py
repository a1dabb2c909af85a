"""The roles of columns: indices, identifiers, groups and text labels, also for further files."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import DataError
from data.tables.reader import BeatFiles, open_beats, read_beats
from data.tables.roles import identifier_rank, is_index

Write = Callable[..., Path]


def rows(*columns: object) -> str:
    """Twelve rows with two values and the given columns; a column is a function of the row's number."""
    return "".join(
        ",".join([f"{0.5 + n / 7:.4f}", f"{-n / 3:.4f}", *(str(column(n)) for column in columns if callable(column))])
        + "\n"
        for n in range(12)
    )


def is_name(text: str) -> bool:
    return text not in ("", "NaN")


def labels_of(beats: BeatFiles) -> list[int]:
    return [label for _, labels in beats.blocks() for label in labels.tolist()]


@pytest.mark.parametrize(
    ("name", "rank"),
    [
        ("Patient ID", 0),
        ("patientId", 0),
        ("subject", 0),
        ("SUBJECT_NO", 0),
        ("MRN", 0),
        ("record", 1),
        ("recording-name", 1),
        ("file", 1),
        ("FileName", 1),
        ("case", 1),
        ("ecg_id", 1),
        ("id_patient", 0),
        ("Patientennummer", 0),
        ("Numéro patient", 0),
        ("paciente", 0),
        ("nom du fichier", 1),
        ("Aufnahme-Nr.", 1),
        ("pat_id", 0),
        ("USUBJID", 0),
        ("ptno", 0),
        ("pt", None),
        ("trial", 1),
        ("stay_id", 1),
        ("seq", 2),
        ("lfd. Nr.", 2),
        ("epoch_no", 2),
        ("start_time", 3),
        ("window end (s)", 3),
        ("ts", 3),
        ("unix_time", 3),
        ("rpeak_index", 3),
        ("time_ms", 3),
        ("T_end", None),
        ("QRS_start", None),
        ("trend", None),
        ("group", 2),
        ("sample", 3),
        ("R peak", 3),
        ("Seconds", 3),
        ("ID", 2),
        ("uuid", 2),
        ("name", 2),
        ("beat_no", 2),
        ("ecg", None),
        ("F1", None),
        ("V5", None),
        ("width", None),
        ("mid", None),
        ("profile", None),
        ("samples of noise", None),
        ("showcase", None),
        ("0", None),
        ("", None),
    ],
)
def test_names_of_identifiers(name, rank):
    assert identifier_rank(name) == rank


@given(st.integers(-100, 10**6), st.integers(10, 40), st.sampled_from(["a", "V1", None, "id", ""]))
def test_a_column_that_goes_up_by_one_is_an_index(start, count, name):
    values = [str(number) for number in range(start, start + count)]
    assert is_index(name, values, ".", last=False)
    assert is_index(name, [f"{value}.0" for value in values], ".", last=False)
    assert not is_index("a", [*values, values[-1]], ".", last=False)
    assert not is_index(name, ["0.5", *values], ".", last=False)


@pytest.mark.parametrize("name", ["id", "Unnamed: 3", "beat_id"])
def test_left_out_columns_are_logged_by_name(write, caplog, name):
    caplog.set_level(logging.INFO)
    beats = open_beats(
        write(f"a,b,label,{name},sex\n" + rows(lambda n: n % 2, lambda n: n, lambda n: "M")), drop=["sex"]
    )
    assert (beats.feature_names, beats.left_out_names) == (("a", "b"), (name, "sex"))
    assert [line.split(": ", 1)[1] for line in caplog.messages] == [
        f"column 4 ({name}) only numbers the rows and is left out"
    ]


def test_a_group_is_found_however_late_a_value_repeats(write, caplog):
    caplog.set_level(logging.INFO)
    numbers = [(7 * n) % 3001 for n in range(3001)]
    body = "".join(f"0.5,{number},{number % 2}\n" for number in [*numbers, 0])
    path = write("a,patient,label\n" + body)
    beats = read_beats(path)
    assert beats.groups is not None
    assert beats.groups.tolist() == [str(number) for number in [*numbers, 0]]
    assert "column 2 (patient) is the group, not a value; rows of one group stay in one split" in caplog.text
    with pytest.raises(DataError, match="--drop patient, or make it the group with --group patient"):
        open_beats(write("a,patient,label\n" + body.removesuffix("0.5,0,0\n")))


def test_groups_come_with_the_rows(write):
    beats = open_beats(write("a,b,label,who\n" + rows(lambda n: n % 2, lambda n: f"p{n // 6}")), group="who")
    assert beats.group == "who"
    assert np.concatenate(list(beats.groups())).tolist() == ["p0"] * 6 + ["p1"] * 6
    assert [len(some.groups) for some in beats.rows() if some.groups is not None] == [12]
    assert list(open_beats(write("a,b,label\n" + rows(lambda n: n % 2))).groups()) == []


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        ("a,b,label,who", {"group": "whom"}, "no column named 'whom', its columns are a, b, label, who; give --group"),
        ("a,b,label,who", {"drop": ["whom"]}, "no column named 'whom', .* give --drop"),
        (
            "a,b,label,who",
            {"group": "who", "drop": ["who"]},
            "a column can have only one role of --label, --group and --drop",
        ),
        ("a,b,label,who", {"group": "label"}, "a column can have only one role of --label, --group and --drop"),
        ("a,b,label,remark", {}, r"column 4 \(remark\) holds text, .*; leave it out with --drop remark"),
        ("a,b,label,who", {"drop": ["a", "b", "who"]}, "no column is left for the values of the beats"),
        ("a,b,label,who", {"group": "who", "classes": ["0", "1"]}, "--classes is for text labels"),
        (
            "a,b,label,who",
            {"label": "who", "drop": ["label"], "classes": ["p0", "p0"]},
            "--classes p0,p0: give each name once",
        ),
    ],
)
def test_options_that_do_not_go_with_the_file(write, header, options, message):
    with pytest.raises(DataError, match=message):
        open_beats(write(f"{header}\n" + rows(lambda n: n % 2, lambda n: f"p{n // 6}")), **options)


def test_a_message_lists_some_of_many_columns(write):
    path = write(",".join([*(f"v{n}" for n in range(100)), "label"]) + "\n" + "0.5," * 100 + "1\n")
    with pytest.raises(DataError, match=r"its columns are v0, .*v18, \.\.\., label; give --label first"):
        open_beats(path, "kind")


def test_an_empty_group_is_named(write):
    path = write("a,b,label,patient\n" + rows(lambda n: n % 2, lambda n: "" if n == 7 else "p"))
    with pytest.raises(DataError, match=r"line 9, column 4 \(patient\): an empty value where the group is expected"):
        read_beats(path)


def test_class_names_come_from_all_files_of_a_folder(write, tmp_path):
    write("0.5,1.5,V\n0.5,1.5,N\n0.5,2.5,N\n", "1.csv")
    write("0.5,1.5,N\n0.5,1.5,S\n", "2.csv")
    beats = read_beats(tmp_path)
    assert beats.class_names == ("N", "S", "V")
    assert beats.labels.tolist() == [2, 0, 0, 0, 1]
    assert read_beats(tmp_path, classes=["V", "S", "N"]).labels.tolist() == [0, 2, 2, 2, 1]


def test_a_test_file_has_the_roles_and_class_names_of_the_training_file(write):
    def head(count: int, label: Callable[[int], str]) -> str:
        return "id,a,b,class,patient\n" + "".join(f"{n},{n / 2},{n / 3},{label(n)},p{n // 4}\n" for n in range(count))

    training = open_beats(write(head(12, lambda n: "NSV"[n % 3]), "train.csv"))
    assert training.class_names == ("N", "S", "V")
    same = open_beats(write(head(3, lambda n: "VN"[n % 2]), "test.csv"), like=training)
    assert (same.class_names, same.group, labels_of(same)) == (("N", "S", "V"), "patient", [2, 0, 2])
    turned = open_beats(write("class,b,a\nV,1.5,2.5\nN,2.5,3.5\n", "test.csv"), like=training)
    assert labels_of(turned) == [2, 0]
    assert next(turned.blocks())[0].tolist() == [[2.5, 1.5], [3.5, 2.5]]
    bare = open_beats(write("1.5,2.5,V\n1.5,3.5,N\n", "test.csv"), like=training)
    assert labels_of(bare) == [2, 0]
    with pytest.raises(
        DataError, match=r"test.csv, line 2, column 4 \(class\): class 'X' is not among the classes N, S, V"
    ):
        labels_of(open_beats(write(head(3, lambda n: "X"), "test.csv"), like=training))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    names=st.lists(
        st.text("abNSV/~+ é-", min_size=1, max_size=5).map(str.strip).filter(is_name), min_size=3, max_size=30
    ),
    delimiter=st.sampled_from(",;\t"),
)
def test_text_labels_are_numbered_in_the_order_of_their_names(write, names, delimiter):
    path = write("".join(f"0.5{delimiter}1.5{delimiter}{name}\n" for name in names))
    beats = read_beats(path, "last")
    assert beats.class_names == tuple(sorted(set(names)))
    assert [beats.class_names[label] for label in beats.labels] == names


@pytest.mark.parametrize("kind", ["parquet", "feather"])
@pytest.mark.parametrize(
    "labels", [["N", "V"] * 500, [0, 1] * 500, pd.Categorical(["N", "V"] * 500), [False, True] * 500]
)
def test_columns_of_a_file_with_types(tmp_path, kind, labels):
    values = np.random.default_rng(0).normal(size=(1000, 200)).astype(np.float32)
    frame = pd.DataFrame(values, columns=[f"v{n}" for n in range(200)])
    frame["label"], frame["patient"] = labels, np.repeat(range(100), 10)
    path = tmp_path / f"beats.{kind}"
    getattr(frame, f"to_{kind}")(path)
    beats = open_beats(path)
    parts = list(beats.rows())
    assert len(parts) > 1
    np.testing.assert_array_equal(np.concatenate([part.features for part in parts]), values)
    assert labels_of(beats) == [0, 1] * 500
    assert [str(group) for some in beats.groups() for group in some] == [str(n // 10) for n in range(1000)]


def test_a_damaged_file_with_types_is_named(tmp_path):
    whole = pd.DataFrame({"a": [0.5] * 9, "label": [0] * 9})
    whole.to_parquet(tmp_path / "beats.parquet")
    path = tmp_path / "cut.parquet"
    path.write_bytes((tmp_path / "beats.parquet").read_bytes()[:-20])
    with pytest.raises(DataError, match=r"cut.parquet: cannot be read as Parquet or Arrow"):
        open_beats(path)
    whole.assign(a=pd.Timestamp("2020-01-01")).to_parquet(path)
    with pytest.raises(DataError, match=r"column 1 \(a\) holds text"):
        open_beats(path)


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"BZh91AY&SY", "a packed file"),
        (b"\x28\xb5\x2f\xfd\x00", "a packed file"),
        (b"beats.csv".ljust(257, b"\0") + b"ustar", "a packed file"),
        (b"SQLite format 3\x00", "an SQLite database"),
        (bytes(128) + b"DICM", "a DICOM file"),
        (b"0".ljust(168) + b"01.02.2020.30.40512     ", "an EDF or BDF recording"),
        (b"\xffBIOSEMI", "an EDF or BDF recording"),
        (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
        (b'{"beats": []}', "JSON"),
        (b"\n<?xml version='1.0'?>", "XML"),
        (b"GIF89a", "a picture"),
        (b"GDF 2.20", "a GDF recording"),
        (b"FEA1\0\0\0\0", "a Feather file of version 1"),
    ],
)
def test_other_kinds_of_files_are_identified_by_their_first_bytes(write, start, what):
    with pytest.raises(DataError, match=rf"beats.csv: this is {what}.*; \w+") as caught:
        read_beats(write(start + bytes(2000)))
    assert "\n" not in str(caught.value)


def test_blanks_after_a_zero_are_a_table_and_no_recording(write):
    assert read_beats(write("0       0.5     1.5 \n1       0.5     1.5 \n" * 9), "first").labels.tolist() == [0, 1] * 9
