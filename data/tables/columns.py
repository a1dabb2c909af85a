"""Classifies the columns of a table by their names and first values."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.tables.columnar import open_columnar
from data.tables.fields import is_label, is_text, remedy, shown, to_number
from data.tables.formats import is_columnar
from data.tables.head import read_head
from data.tables.layout import Layout, Table, column_of, option, title
from data.tables.roles import (
    CODE_RANK,
    INDEX,
    POSITION_RANK,
    holds_codes,
    holds_text,
    identifier_rank,
    is_attribute,
    is_index,
    is_label_name,
)

ROWS_BETWEEN_VERDICTS: Final = 1000  # chosen by hand
LISTED: Final = 20  # names of columns in a message
MOST_CODES: Final = 3  # factor by which other columns must be more
SAY_WHICH: Final = "name the label column: --label first or --label last"


def open_table(path: Path) -> tuple[Table, list[list[str]]]:
    """Open a file as a table; return it and the fields of its first rows. Raises DataError if it is not a table."""
    return open_columnar(path) if is_columnar(path) else read_head(path)


class Columns:
    """The columns of a table and their first values. Methods raise DataError if the role of a column is unclear."""

    def __init__(self, path: Path) -> None:
        self.table, sample = open_table(path)
        self._sample = [row for row in sample if len(row) >= self.table.width]

    def values(self, column: int) -> list[str]:
        """The column's first values."""
        return [row[column] for row in self._sample]

    def place(self, name: str, option: str) -> int:
        """Return the column for "first", "last" or a name; `option` is for the error message."""
        if name in ("first", "last"):
            return 0 if name == "first" else self.table.width - 1
        titles = [title(self.table, column) for column in range(self.table.width)]
        if name not in titles:
            listed = ", ".join(titles if len(titles) <= LISTED else [*titles[: LISTED - 1], "...", titles[-1]])
            known = f"its columns are {listed}" if self.table.names else "it has no header"
            raise DataError(
                f"{self.table.path}: no column named {name!r}, {known}; give {option} first, last or a name"
            )
        return titles.index(name)

    def named_label(self, label: str | None) -> int | None:
        """Return the label column by the argument `label`, the file's declaration, or its name; None if unknown."""
        if label is not None:
            column = self.place(label, "--label")
            if is_index(None, self.values(column), self.table.decimal, last=False):
                where = f"{self.table.path}: {column_of(self.table, column)}"
                raise DataError(
                    f"{where} only numbers the rows, so it is not the label; name the label column with --label NAME"
                )
            return column
        if self.table.label >= 0:
            return self.table.label
        names = self.table.names or ()
        found = [index for index, name in enumerate(names) if is_label_name(name)]
        if len(found) > 1:
            several = " and ".join(column_of(self.table, index) for index in found)
            raise DataError(f"{self.table.path}: {several} could each be the label; choose one with --label NAME")
        return found[0] if found else None

    def indices(self, taken: set[int]) -> list[int]:
        """Return the columns that number the rows, or were the index of a pandas frame."""
        table = self.table
        return [column for column in range(table.width) if column not in taken and self._is_index(column)]

    def _is_index(self, column: int) -> bool:
        table = self.table
        name = table.names[column] if table.names else None
        if name is not None and column in table.index and identifier_rank(name) in (None, POSITION_RANK):
            return True
        return is_index(name, self.values(column), table.decimal, column == table.width - 1)

    def identifiers(self, taken: set[int]) -> list[int]:
        """Return the columns of identifiers, by their names or by leading zeros; identifiers of people come first."""
        ranks = {column: identifier_rank(name) for column, name in enumerate(self.table.names or ())}
        ranks |= dict.fromkeys(self._codes(taken), CODE_RANK)
        found = [(rank, column) for column, rank in ranks.items() if rank is not None and column not in taken]
        return [column for _, column in sorted(found)]

    def _codes(self, taken: set[int]) -> list[int]:
        """Return the few columns of numbers such as 0012, unless one of them may be the label."""
        names, width = self.table.names or [""] * self.table.width, self.table.width
        codes = [column for column in range(width) if holds_codes(self.values(column))]
        codes = [column for column in codes if column not in taken and identifier_rank(names[column]) is None]
        if MOST_CODES * len(codes) > width or any(is_label_name(names[column]) for column in codes):
            return []
        others = [column for column in range(width) if column not in codes]
        has_label = any(map(is_label_name, names)) or any(map(self.may_be_label, (others[0], others[-1])))
        return codes if has_label else []

    def attributes(self, taken: set[int]) -> list[int]:
        """Return the columns whose names are about the person, the recording or the split."""
        return [
            column for column, name in enumerate(self.table.names or ()) if column not in taken and is_attribute(name)
        ]

    def may_be_label(self, column: int) -> bool:
        """Return whether a column holds only text or only integers."""
        return holds_text(self.values(column), self.table.decimal) or self._holds_integers(column)

    def repeats(self, column: int) -> bool:
        """Return whether a value occurs twice in the column; reads the file until one is found."""
        seen: set[int] = set()
        for (values,) in self.table.texts([column]):
            for value in values:
                if (mark := hash(value)) in seen:
                    return True
                seen.add(mark)
        return False

    def found_label(self, columns: Sequence[int]) -> int:
        """Return the outer column that holds text, or the most integers, as the label column."""
        path, outer = self.table.path, (columns[0], columns[-1])
        texts = [column for column in outer if holds_text(self.values(column), self.table.decimal)]
        if len(texts) == 2:
            raise DataError(f"{path}: the first and the last column hold text; {SAY_WHICH}")
        if texts:
            return self._text_label(texts[0], columns)
        first = last = rows = 0
        for firsts, lasts in self.table.texts(outer):
            first += sum(is_label(to_number(value, self.table.decimal)) for value in firsts)
            last += sum(is_label(to_number(value, self.table.decimal)) for value in lasts)
            rows += len(firsts)
            if rows >= ROWS_BETWEEN_VERDICTS and first != last:
                break
        if first == last == rows and rows:
            raise DataError(f"{path}: the first and the last column hold integers only; {SAY_WHICH}")
        if 2 * max(first, last) <= rows:
            raise DataError(f"{path}: neither the first nor the last column holds integers; {SAY_WHICH}")
        return outer[first <= last]

    def _text_label(self, text: int, columns: Sequence[int]) -> int:
        """Return the outer text column if it is clearly the label. Raises DataError if not."""
        path, values = self.table.path, self.values(text)
        if len(set(values)) == len(values) > 2:
            drop = option(self.table, "--drop", text) if self.table.names else "--drop first or --drop last"
            raise DataError(
                f"{path}: {column_of(self.table, text)} has a different text in each row, so it is not the label; "
                f"leave it out with {drop}, and name the label column with --label"
            )
        other, beside = (columns[-1], columns[-2]) if text == columns[0] else (columns[0], columns[1])
        if self._holds_integers(other) and not self._holds_integers(beside):
            raise DataError(
                f"{path}: {column_of(self.table, text)} holds text and {column_of(self.table, other)} integers only; "
                f"{SAY_WHICH}"
            )
        return text

    def _text_feature(self, column: int) -> DataError:
        text = next(value for value in self.values(column) if is_text(value, self.table.decimal))
        holds = f"{self.table.path}: {column_of(self.table, column)} holds"
        if without := remedy(text):
            return DataError(f"{holds} {shown(text)} where a number is expected{without}; write the column so")
        drop = option(self.table, "--drop", column)
        return DataError(
            f"{holds} text, such as {shown(text)}, where the values of a beat are expected; leave it out with {drop}"
        )

    def _holds_integers(self, column: int) -> bool:
        return all(is_label(to_number(value, self.table.decimal)) for value in self.values(column))

    def layout(self, features: Sequence[int], label: int = -1, group: int = -1) -> Layout:
        """Return the layout with these roles and other columns left out. Raises DataError for an invalid feature."""
        table = self.table
        if not features:
            raise DataError(f"{table.path}: no column is left for the values of the beats; give one or more")
        for column in features:
            name = table.names[column] if table.names else None
            if name is not None and INDEX.fullmatch(name):
                what = f"{name!r} is the name of an index" if name else "no name in the header"
                line = f", line {table.header_line}" if table.header_line else ""
                raise DataError(
                    f"{table.path}{line}, column {column + 1}: {what}; "
                    f'give the column a name, or leave it out with --drop "{title(table, column)}"'
                )
            if name and holds_text(self.values(column), table.decimal):
                raise self._text_feature(column)
        used = {*features, label, group}
        left_out = tuple(column for column in range(table.width) if column not in used)
        declared = table.class_names
        has_text = label >= 0 and holds_text(self.values(label), table.decimal)
        if declared is not None:
            has_text = label == table.label and not all(is_label(to_number(name)) for name in declared)
        return Layout(table, tuple(features), label, group, left_out, has_text)
