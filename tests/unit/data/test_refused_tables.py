"""Tables that are refused, with a sentence that says where the fault is and what to do."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from data.errors import DataError
from data.tables.reader import open_beats

TS = "@problemName made\n"
ARFF = "@relation made\n@attribute F0 numeric\n@attribute F1 numeric\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("beats.arff", f"{ARFF}@attribute label {{0, 1}}\n", "no line with @data; is the file cut short"),
        ("beats.arff", "@relation made\n@attribute F0\n@data\n1\n", "line 2: not an @attribute with a name and a type"),
        ("beats.arff", "@relation made\n@attribute bag relational\n@data\n1\n", "line 2: several dimensions"),
        ("beats.arff", f"{ARFF}@attribute label {{0, 1}}\n@data\n", "line 5: a header and no rows"),
        ("beats.ts", f"{TS}@univariate false\n@data\n1,2:0\n", "line 2: several dimensions; give a file of one lead"),
        ("beats.ts", f"{TS}@equalLength false\n@data\n1,2:0\n", "line 2: series of several lengths"),
        ("beats.ts", f"{TS}@timeStamps true\n@data\n(0,1),(1,2):0\n", "line 2: values with time stamps"),
        ("beats.ts", f"{TS}@classLabel false\n@data\n1,2\n", "line 2: no class labels; add them after a colon"),
    ],
)
def test_a_declared_table_that_is_no_table_of_beats(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=f"{name}.*{message}"):
        open_beats(tmp_path / name)


@pytest.mark.parametrize(
    ("arrays", "names", "message"),
    [
        ([[0.5, 1.5], [2.5, 3.5], [0, 1]], ["F0", "F0", "label"], "column 2: 'F0' is the name of two columns"),
        ([[0, 1]], ["label"], "only one column"),
        ([pa.array([], pa.float64()), pa.array([], pa.int64())], ["F0", "label"], "no rows; give a file with one beat"),
    ],
)
def test_a_columnar_table_that_is_no_table_of_beats(tmp_path, arrays, names, message):
    pa.parquet.write_table(pa.Table.from_arrays([pa.array(each) for each in arrays], names), tmp_path / "b.parquet")
    with pytest.raises(DataError, match=message):
        open_beats(tmp_path / "b.parquet")


def test_a_damaged_columnar_table_is_told_with_its_name(tmp_path):
    path = tmp_path / "b.parquet"
    values = np.random.default_rng(0).normal(size=(2000, 4))
    pa.parquet.write_table(pa.table({**{f"F{n}": values[:, n] for n in range(4)}, "label": [0, 1] * 1000}), path)
    content = bytearray(path.read_bytes())
    content[200:20000] = bytes(19800)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"b\.parquet: cannot be read"):
        open_beats(path)
