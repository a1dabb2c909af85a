"""Finds the model versions in a base path, and selects those that a version policy wants."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_MAX: Final = 2**63 - 1


def versions_on_disk(base_path: Path) -> dict[int, Path]:
    """Return the entries of `base_path` whose name is a version number; raise OSError if it cannot be listed."""
    paths: dict[int, Path] = {}
    for child in sorted(base_path.iterdir()):
        number = parse_version(child.name)
        if number is not None:
            paths[number] = child
    return paths


def parse_version(name: str) -> int | None:
    """Return the version number of a folder name such as `1` or `001`; None for others such as `.tmp-3` or `v1`."""
    if not re.fullmatch(r"[0-9]+", name, re.ASCII):
        return None
    number = int(name)
    return number if number <= _MAX else None


def choose(policy: Any, versions: Mapping[int, Path]) -> dict[int, Path]:
    """Return the versions that a ServableVersionPolicy selects; by default the latest one."""
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        return dict(versions)
    if kind == "specific":
        return {number: versions[number] for number in policy.specific.versions if number in versions}
    latest = sorted(versions, reverse=True)[: policy.latest.num_versions or 1]
    return {number: versions[number] for number in latest}
