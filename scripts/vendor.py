"""`python -m scripts.vendor`: download the libraries of the web page and of its tests from the npm registry.

Each folder's packages.json names the packages. To update one, change `version` and `integrity` there (`npm view
NAME@VERSION dist.integrity` prints it) and run this: it checks the packages and writes their files and checksums.
"""

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
FOLDERS: Final = (ROOT / "gateway" / "static" / "vendor", ROOT / "tests" / "browser" / "vendor")
PACKAGES: Final = "packages.json"


class VendorError(Exception):
    """A package cannot be downloaded or has another checksum; the message says which one and what to do."""


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Read a folder's packages.json: version, integrity, licence and files of each package by its name."""
    packages: dict[str, dict[str, Any]] = json.loads((folder / PACKAGES).read_text(encoding="utf-8"))
    return packages


def sum_of(content: bytes) -> str:
    """Return the checksum of a file's content."""
    return "sha256-" + hashlib.sha256(content).hexdigest()


def check(archive: bytes, integrity: str, what: str) -> None:
    """Raise VendorError unless the archive has npm's checksum."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    if found != integrity:
        raise VendorError(f"{what}: its integrity is {found}, not {integrity}; compare both with the registry's")


def fetch(folder: Path) -> None:
    """Download the files in the folder's packages.json and write their checksums into it."""
    packages = read(folder)
    for name, package in packages.items():
        what = f"{name}@{package['version']}"
        print(f"{what} -> {folder.relative_to(ROOT) / name}", flush=True)
        with TemporaryDirectory() as scratch:
            archive = _pack(what, Path(scratch))
            check(archive.read_bytes(), package["integrity"], what)
            package["files"] = _unpack(archive, list(package["files"]), folder / name, what)
    (folder / PACKAGES).write_text(json.dumps(packages, indent=2) + "\n", encoding="utf-8")


def _pack(what: str, folder: Path) -> Path:
    done = subprocess.run(["npm", "pack", "--silent", what], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise VendorError(f"{what}: npm cannot fetch it: {done.stderr.strip()}")
    return folder / done.stdout.strip()


def _unpack(archive: Path, names: list[str], folder: Path, what: str) -> dict[str, str]:
    sums = {}
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as members:
        for name in names:
            try:
                member = members.extractfile(f"package/{name}")
            except KeyError:
                member = None
            if member is None:
                raise VendorError(f"{what} has no file {name}; change {PACKAGES}")
            content = member.read()
            (folder / name).write_bytes(content)
            sums[name] = sum_of(content)
    return sums


def main() -> int:
    """Download all packages and return the exit code."""
    try:
        for folder in FOLDERS:
            fetch(folder)
    except (VendorError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
