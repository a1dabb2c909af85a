"""The model versions in a base path, and which of them a version policy asks for."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_MAX: Final = 2**63 - 1


def versions_on_disk(base_path: Path) -> dict[int, Path]:
    """Return the children of `base_path` whose name is a version number; raise OSError if it cannot be listed."""
    found: dict[int, Path] = {}
    for child in sorted(base_path.iterdir()):
        number = parse_version(child.name)
        if number is not None:
            found[number] = child
    return found


def parse_version(name: str) -> int | None:
    """Return the number a folder name stands for (`1`, `001`), or None (`.tmp-3`, `v1`)."""
    if not re.fullmatch(r"[0-9]+", name, re.ASCII):
        return None
    number = int(name)
    return number if number <= _MAX else None


def choose(policy: Any, versions: Mapping[int, Path]) -> dict[int, Path]:
    """Return the versions that a ServableVersionPolicy wants: the latest one unless it says otherwise."""
    kind = policy.WhichOneof("policy_choice")
    if kind == "all":
        return dict(versions)
    if kind == "specific":
        return {number: versions[number] for number in policy.specific.versions if number in versions}
    latest = sorted(versions, reverse=True)[: policy.latest.num_versions or 1]
    return {number: versions[number] for number in latest}
