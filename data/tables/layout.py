"""What each column of a table is: the label, the group, a value of the beat, or left out."""

from dataclasses import dataclass
from pathlib import Path

from data.tables.columnar import ColumnarTable
from data.tables.roles import NAMELESS
from data.tables.text import TextTable

Table = TextTable | ColumnarTable


@dataclass(frozen=True, slots=True)
class Layout:
    """What the first lines of a file say about all of them."""

    table: Table
    features: tuple[int, ...]  # columns of the beat's values, counted from 0, in their order in the beat
    label: int = -1  # the label's column; -1 if there is none
    group: int = -1  # the column that says which rows belong together; -1 if there is none
    left_out: tuple[int, ...] = ()
    has_text_labels: bool = False
    class_names: tuple[str, ...] | None = None  # of the labels 0, 1, ..., if the file's labels are texts

    @property
    def path(self) -> Path:
        """The file."""
        return self.table.path

    @property
    def note(self) -> str | None:
        """The leading "# ..." lines of the file."""
        return self.table.note

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The header's names of the features, else F1..Fn."""
        if self.table.names is None:
            return tuple(f"F{n}" for n in range(1, len(self.features) + 1))
        return tuple(self.table.names[column] for column in self.features)

    @property
    def left_out_names(self) -> tuple[str, ...]:
        """The names of the columns that are left out."""
        return tuple(title(self.table, column) for column in self.left_out)

    def column(self, index: int) -> str:
        """Name a column for people: counted from 1, with its name if it has one."""
        return column_of(self.table, index)


def title(table: Table, column: int) -> str:
    """Return a column's name, as pandas would call it if it has none; "column 1" in a table without a header."""
    if table.names is None:
        return f"column {column + 1}"
    name = table.names[column] or f"Unnamed: {column}"
    if not NAMELESS.fullmatch(name):
        return name
    earlier = [table.names[place] or f"Unnamed: {place}" for place in range(column)]
    return f"{name}.{earlier.count(name)}" if name in earlier else name


def column_of(table: Table, index: int) -> str:
    """Name a column for people: counted from 1, with its name if it has one."""
    return f"column {index + 1}" + (f" ({table.names[index]})" if table.names and table.names[index] else "")


def option(table: Table, name: str, column: int) -> str:
    """Return an option of the command line with a column's name."""
    called = title(table, column)
    return f'{name} "{called}"' if " " in called else f"{name} {called}"
