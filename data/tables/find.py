"""Detects the layout of a file by its first rows, or applies the layout of another file."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data.errors import DataError
from data.tables.attributes import refuse_attributes, refuse_unrelated
from data.tables.columns import Columns
from data.tables.layout import Layout, column_of, option, title
from data.tables.roles import POSITION_RANK, identifier_rank

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles of columns given by the caller; all of them are optional."""

    label: str | None = None  # "first", "last" or a name
    group: str | None = None
    drop: tuple[str, ...] = ()


def find_layout(path: Path, roles: Roles, like: Layout | None = None) -> Layout:
    """Detect the layout of a file. Raises DataError if it is unclear.

    `like` is the layout of another file whose columns this file must have.
    """
    columns = Columns(path)
    if like is not None:
        return replace(_same_layout(columns, like), has_text_labels=like.has_text_labels)
    table = columns.table
    drop = {columns.place(name, "--drop") for name in roles.drop}
    label = columns.named_label(roles.label)
    group = None if roles.group is None else columns.place(roles.group, "--group")
    given = [column for column in (label, group) if column is not None]
    if len({*drop, *given}) < len(drop) + len(given):
        raise DataError(f"{path}: a column can have only one role of --label, --group and --drop; check the options")
    taken = {*drop, *given}
    indices = columns.indices(taken)
    identifiers = columns.identifiers(taken | set(indices))
    if group is None and identifiers:
        group = _found_group(columns, identifiers)
    refuse_attributes(columns, columns.attributes(taken | {*indices, *identifiers}), label)
    candidates = [
        column
        for column in range(table.width)
        if column not in drop and column != group and column not in indices and column not in identifiers
    ]
    if label is None:
        if len(candidates) < 2:
            raise DataError(
                f"{path}: no column is left for the label; give a file with the values and the label of each beat"
            )
        label = columns.found_label(candidates)
    layout = columns.layout([column for column in candidates if column != label], label, -1 if group is None else group)
    refuse_unrelated(columns, layout.features)
    _log_columns(layout, indices, drop)
    return layout


def _found_group(columns: Columns, identifiers: list[int]) -> int:
    table = columns.table
    names = [title(table, column) for column in identifiers]
    for column, name in zip(identifiers, names, strict=True):
        if identifier_rank(name) != POSITION_RANK and columns.repeats(column):
            return column
    first = identifiers[0]
    drop, together = option(table, "--drop", first), option(table, "--group", first)
    raise DataError(
        f"{table.path}: {column_of(table, first)} identifies something in each row and is not a value of the beat; "
        f"leave it out with {drop}, or make it the group with {together}"
    )


def _log_columns(layout: Layout, indices: Sequence[int], drop: set[int]) -> None:
    for column in layout.left_out:
        if column in drop:
            continue
        why = "only numbers the rows" if column in indices else "is an identifier beside the group"
        log.info("%s: %s %s and is left out", layout.path, layout.column(column), why)
    if layout.group >= 0:
        log.info(
            "%s: %s is the group, not a value; rows of one group stay in one split",
            layout.path,
            layout.column(layout.group),
        )


def _same_layout(columns: Columns, like: Layout) -> Layout:
    table, names = columns.table, columns.table.names
    their_names = like.table.names
    if names and their_names and set(like.feature_names) <= set(names):
        features = [names.index(name) for name in like.feature_names]
        return _with_roles_of(columns, features, like)
    if table.width == like.table.width:
        unnamed = tuple(f"F{n}" for n in range(1, len(like.features) + 1))
        mine = names and tuple(names[column] for column in like.features)
        if mine and like.feature_names not in (unnamed, mine):
            raise DataError(
                f"{table.path}, line {table.header_line}: the column names differ from those of "
                f"{like.path.name}; use the same names"
            )
        return columns.layout(like.features, like.label, like.group)
    indices = columns.indices(set())
    others = {*indices, *columns.identifiers(set(indices)), *columns.attributes(set())}
    kept = [column for column in range(table.width) if column not in others]
    if len(kept) != len(like.features) + 1 or (names and their_names):
        raise DataError(
            f"{table.path}: {table.width} columns, but {like.path.name} has {like.table.width}, including the label; "
            "all files must have the same columns"
        )
    label = kept[sorted((*like.features, like.label)).index(like.label)]
    return columns.layout([column for column in kept if column != label], label)


def _with_roles_of(columns: Columns, features: list[int], like: Layout) -> Layout:
    names = columns.table.names or ()
    theirs = like.table.names or ()
    label = names.index(theirs[like.label]) if theirs[like.label] in names else columns.named_label(None)
    if label is None:
        raise DataError(
            f"{columns.table.path}: no column named {theirs[like.label]!r}, which is the label of {like.path.name}"
        )
    group = names.index(theirs[like.group]) if like.group >= 0 and theirs[like.group] in names else -1
    return columns.layout(features, label, group)
