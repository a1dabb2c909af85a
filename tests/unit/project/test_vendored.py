"""The vendored libraries are those of their lists, with their licences."""

import pytest

from scripts.vendor import FOLDERS, PACKAGES, VendorError, check, read, sum_of

VENDORED = [(folder, name, package) for folder in FOLDERS for name, package in read(folder).items()]


@pytest.mark.parametrize(("folder", "name", "package"), VENDORED, ids=[name for _, name, _ in VENDORED])
def test_a_package_is_unchanged_and_has_its_licence(folder, name, package):
    here = {path.name: sum_of(path.read_bytes()) for path in (folder / name).iterdir()}
    assert here == package["files"]
    assert "LICENSE" in here
    assert package["licence"] in {"MIT", "Apache-2.0", "MPL-2.0"}
    assert package["integrity"].startswith("sha512-")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_listed(folder):
    assert {path.name for path in folder.iterdir()} == {PACKAGES, *read(folder)}


def test_a_package_with_another_checksum_is_rejected():
    with pytest.raises(VendorError, match="name@1: its integrity is sha512-"):
        check(b"another", "sha512-AAAA", "name@1")
