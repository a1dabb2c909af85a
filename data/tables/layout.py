"""The roles of a table's columns: label, group, feature or left out."""

from dataclasses import dataclass
from pathlib import Path

from data.tables.columnar import ColumnarTable
from data.tables.roles import NAMELESS
from data.tables.text import TextTable

Table = TextTable | ColumnarTable


@dataclass(frozen=True, slots=True)
class Layout:
    """The table of a file and the roles of its columns."""

    table: Table
    features: tuple[int, ...]  # columns of the beat's values, from 0, in the beat's order
    label: int = -1  # the label column; -1 for none
    group: int = -1  # the group column; -1 for none
    left_out: tuple[int, ...] = ()
    has_text_labels: bool = False
    class_names: tuple[str, ...] | None = None  # of the labels 0, 1, ..., if the file's labels are texts

    @property
    def path(self) -> Path:
        """The path of the file."""
        return self.table.path

    @property
    def note(self) -> str | None:
        """The leading "# ..." lines of the file."""
        return self.table.note

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names in the header, else F1..Fn."""
        if self.table.names is None:
            return tuple(f"F{n}" for n in range(1, len(self.features) + 1))
        return tuple(self.table.names[column] for column in self.features)

    @property
    def left_out_names(self) -> tuple[str, ...]:
        """The names of the columns that are left out."""
        return tuple(title(self.table, column) for column in self.left_out)

    def column(self, index: int) -> str:
        """Return a column for messages: its number from 1, and its name if it has one."""
        return column_of(self.table, index)


def title(table: Table, column: int) -> str:
    """Return a column's name, or pandas' name for an unnamed column; "column 1" in a table without a header."""
    if table.names is None:
        return f"column {column + 1}"
    name = table.names[column] or f"Unnamed: {column}"
    if not NAMELESS.fullmatch(name):
        return name
    earlier = [table.names[place] or f"Unnamed: {place}" for place in range(column)]
    return f"{name}.{earlier.count(name)}" if name in earlier else name


def column_of(table: Table, index: int) -> str:
    """Return a column for messages: its number from 1, and its name if it has one."""
    return f"column {index + 1}" + (f" ({table.names[index]})" if table.names and table.names[index] else "")


def option(table: Table, name: str, column: int) -> str:
    """Return a command-line option with a column's name as its value."""
    called = title(table, column)
    return f'{name} "{called}"' if " " in called else f"{name} {called}"
