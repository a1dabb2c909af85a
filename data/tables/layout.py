"""Which column of a table is the label, the group or a value of the beat, and which is left out."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.tables.columnar import ColumnarTable, open_columnar
from data.tables.dialect import DELIMITERS as DELIMITERS
from data.tables.fields import is_label, to_number
from data.tables.formats import is_columnar
from data.tables.roles import LABEL_NAMES, holds_text, identifier_rank, is_index
from data.tables.text import TextTable, read_head

ROWS_BETWEEN_VERDICTS: Final = 1000
SAY_WHICH: Final = "say which column is the label: --label first or --label last"
Table = TextTable | ColumnarTable
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Roles:
    """What the caller says of the columns; all of it may be left open."""

    label: str | None = None  # "first", "last" or a name
    group: str | None = None
    drop: tuple[str, ...] = ()


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
    earlier = [table.names[place] or f"Unnamed: {place}" for place in range(column)]
    return f"{name}.{earlier.count(name)}" if name in earlier else name


def column_of(table: Table, index: int) -> str:
    """Name a column for people: counted from 1, with its name if it has one."""
    return f"column {index + 1}" + (f" ({table.names[index]})" if table.names and table.names[index] else "")


def open_table(path: Path) -> tuple[Table, list[list[str]]]:
    """Return how a file is read, and the fields of its first rows; DataError if it is not a table."""
    return open_columnar(path) if is_columnar(path) else read_head(path)


class Columns:
    """The columns of a table, judged by its first rows; DataError, which names the column, for what cannot be known."""

    def __init__(self, path: Path) -> None:
        self.table, sample = open_table(path)
        self._sample = [row for row in sample if len(row) >= self.table.width]

    def values(self, column: int) -> list[str]:
        """The column's first values."""
        return [row[column] for row in self._sample]

    def place(self, name: str, option: str) -> int:
        """Return the column that is meant by "first", "last" or a name."""
        if name in ("first", "last"):
            return 0 if name == "first" else self.table.width - 1
        titles = [title(self.table, column) for column in range(self.table.width)]
        if name not in titles:
            known = f"its columns are {', '.join(titles)}" if self.table.names else "it has no header"
            raise DataError(
                f"{self.table.path}: no column named {name!r}, {known}; give {option} first, last or a name"
            )
        return titles.index(name)

    def named_label(self, label: str | None) -> int | None:
        """Return the column that is called the label by the caller, by the file, or by its name."""
        if label is not None:
            return self.place(label, "--label")
        if self.table.label >= 0:
            return self.table.label
        names = self.table.names or ()
        found = [index for index, name in enumerate(names) if name.lower() in LABEL_NAMES]
        if len(found) > 1:
            several = " and ".join(column_of(self.table, index) for index in found)
            raise DataError(f"{self.table.path}: {several} could each be the label; say which with --label NAME")
        return found[0] if found else None

    def indices(self, taken: set[int]) -> list[int]:
        """Return the columns that only count or number the rows."""
        table = self.table
        return [
            column
            for column in range(table.width)
            if column not in taken
            and is_index(
                table.names[column] if table.names else None,
                self.values(column),
                table.decimal,
                column == table.width - 1,
            )
        ]

    def identifiers(self, taken: set[int]) -> list[int]:
        """Return the columns whose names are those of identifiers, names of persons first."""
        ranks = {column: identifier_rank(name) for column, name in enumerate(self.table.names or ())}
        found = [(rank, column) for column, rank in ranks.items() if rank is not None and column not in taken]
        return [column for _, column in sorted(found)]

    def repeats(self, column: int) -> bool:
        """Say whether a value stands twice in the column; reads the file as far as it takes."""
        seen: set[int] = set()
        for (values,) in self.table.texts([column]):
            for value in values:
                if (mark := hash(value)) in seen:
                    return True
                seen.add(mark)
        return False

    def found_label(self, columns: Sequence[int]) -> int:
        """Return the one of the outer columns that holds text or integers only, else the one that nearly does."""
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
        """Return the outer column of texts if it is the label beyond doubt."""
        path, values = self.table.path, self.values(text)
        if len(set(values)) == len(values) > 2:
            option = f"--drop {title(self.table, text)}" if self.table.names else "--drop first or --drop last"
            raise DataError(
                f"{path}: {column_of(self.table, text)} holds another text in each row, which is no class label; "
                f"leave it out with {option}, and say which column is the label with --label"
            )
        other, beside = (columns[-1], columns[-2]) if text == columns[0] else (columns[0], columns[1])
        if self._holds_integers(other) and not self._holds_integers(beside):
            raise DataError(
                f"{path}: {column_of(self.table, text)} holds text and {column_of(self.table, other)} integers only; "
                f"{SAY_WHICH}"
            )
        return text

    def _holds_integers(self, column: int) -> bool:
        return all(is_label(to_number(value, self.table.decimal)) for value in self.values(column))

    def layout(self, features: Sequence[int], label: int = -1, group: int = -1) -> Layout:
        """Return the layout of these roles, the other columns left out; DataError for a feature that cannot be one."""
        table = self.table
        if not features:
            raise DataError(f"{table.path}: no column is left for the values of the beats; give one or more")
        for column in features:
            name = table.names[column] if table.names else None
            if name == "":
                raise DataError(
                    f"{table.path}, line {table.header_line}, column {column + 1}: no name in the header; "
                    f'give each column a name, or leave it out with --drop "{title(table, column)}"'
                )
            if name and holds_text(self.values(column), table.decimal):
                raise DataError(
                    f"{table.path}: {column_of(table, column)} holds text, where the values of a beat are expected; "
                    f"leave it out with --drop {name}"
                )
        left_out = tuple(column for column in range(table.width) if column not in (*features, label, group))
        declared = table.class_names
        has_text = label >= 0 and holds_text(self.values(label), table.decimal)
        if declared is not None:
            has_text = label == table.label and not all(is_label(to_number(name)) for name in declared)
        return Layout(table, tuple(features), label, group, left_out, has_text)


def find_layout(path: Path, roles: Roles, like: Layout | None = None) -> Layout:
    """Read as much of the file as it takes to know its layout; DataError if that cannot be known.

    `like` is the layout of a file whose columns this one must have.
    """
    columns = Columns(path)
    if like is not None:
        return _same_layout(columns, like)
    table = columns.table
    drop = {columns.place(name, "--drop") for name in roles.drop}
    label = columns.named_label(roles.label)
    group = None if roles.group is None else columns.place(roles.group, "--group")
    said = [column for column in (label, group) if column is not None]
    if len({*drop, *said}) < len(drop) + len(said):
        raise DataError(f"{path}: one column cannot be two of label, group and left out; check the options")
    taken = {*drop, *said}
    indices = columns.indices(taken)
    identifiers = columns.identifiers(taken | set(indices))
    if group is None and identifiers:
        group = _found_group(columns, identifiers)
    rest = [
        column
        for column in range(table.width)
        if column not in drop and column != group and column not in indices and column not in identifiers
    ]
    if label is None:
        if len(rest) < 2:
            raise DataError(f"{path}: no column is left for the label; give the values and the label of each beat")
        label = columns.found_label(rest)
    layout = columns.layout([column for column in rest if column != label], label, -1 if group is None else group)
    _say(layout, indices, drop)
    return layout


def _found_group(columns: Columns, identifiers: list[int]) -> int:
    for column in identifiers:
        if columns.repeats(column):
            return column
    names = [title(columns.table, column) for column in identifiers]
    raise DataError(
        f"{columns.table.path}: {column_of(columns.table, identifiers[0])} names something of each row and is no value "
        f"of the beat; leave it out with --drop {names[0]}, or say with --group {names[0]} that rows of the same one "
        "belong together"
    )


def _say(layout: Layout, indices: Sequence[int], drop: set[int]) -> None:
    for column in layout.left_out:
        if column in drop:
            continue
        why = "only numbers the rows" if column in indices else "is an identifier beside the group"
        log.info("%s: %s %s and is left out", layout.path, layout.column(column), why)
    if layout.group >= 0:
        log.info("%s: %s says which rows belong together", layout.path, layout.column(layout.group))


def _same_layout(columns: Columns, like: Layout) -> Layout:
    table, names = columns.table, columns.table.names
    there = like.table.names
    if names and there and set(like.feature_names) <= set(names):
        features = [names.index(name) for name in like.feature_names]
        return _with_roles_of(columns, features, like)
    if table.width == like.table.width:
        unnamed = tuple(f"F{n}" for n in range(1, len(like.features) + 1))
        mine = names and tuple(names[column] for column in like.features)
        if mine and like.feature_names not in (unnamed, mine):
            raise DataError(
                f"{table.path}, line {table.header_line}: other column names than {like.path.name}; use the same"
            )
        same = columns.layout(like.features, like.label, like.group)
        return replace(same, has_text_labels=like.has_text_labels)
    indices = columns.indices(set())
    kept = [column for column in range(table.width) if column not in {*indices, *columns.identifiers(set(indices))}]
    if len(kept) != len(like.features) + 1 or (names and there):
        raise DataError(
            f"{table.path}: {table.width} columns where {like.path.name} has {like.table.width}, the label included; "
            "rows that belong together must have the same columns"
        )
    label = kept[sorted((*like.features, like.label)).index(like.label)]
    same = columns.layout([column for column in kept if column != label], label)
    return replace(same, has_text_labels=like.has_text_labels)


def _with_roles_of(columns: Columns, features: list[int], like: Layout) -> Layout:
    names = columns.table.names or ()
    theirs = like.table.names or ()
    label = names.index(theirs[like.label]) if theirs[like.label] in names else columns.named_label(None)
    if label is None:
        raise DataError(f"{columns.table.path}: no column named {theirs[like.label]!r}, as {like.path.name} has it")
    group = names.index(theirs[like.group]) if like.group >= 0 and theirs[like.group] in names else -1
    return replace(columns.layout(features, label, group), has_text_labels=like.has_text_labels)
