"""`make release VERSION=1.2.3`: prepare a release in the working tree, and say what to commit, tag and push.

pyproject.toml has the version; the chart repeats it, as helm reads no other file, and k8s/ is rendered from the chart.
"""

import argparse
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Final

PLACES: Final = {
    "pyproject.toml": ('version = "{}"',),
    "helm/ecg/Chart.yaml": ("version: {}", 'appVersion: "{}"'),
}
UNRELEASED: Final = "## Unreleased\n"
_CHANGES: Final = re.compile(rf"^{UNRELEASED}(?:(?!## ).*\n)*- ", re.MULTILINE)  # under any of its sub-headings
_NUMBER: Final = r"(0|[1-9]\d*)"
_VERSION: Final = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-rc\.{_NUMBER})?")
_HEADING: Final = re.compile(r"^## (\d\S*) \(", re.MULTILINE)
_NEXT: Final = """\
Version {version} is prepared. Look at `git diff`, then:
  git add --update && git commit -m "Release {version}"
  git tag -a v{version} -m "Release {version}"
  git push origin HEAD v{version}
On GitHub the tag starts the workflow `release`, which publishes the images and the chart. Elsewhere do it by hand:
  make images                      # ecg-COMPONENT:{version}; docker tag and docker push them to your registry
  helm push {package} oci://REGISTRY/charts"""


class ReleaseError(Exception):
    """A release that cannot be made; the message says why and what to do."""


def main() -> None:
    """Prepare the release that the command line names."""
    parser = argparse.ArgumentParser(prog="make release VERSION=x.y.z, or python -m scripts.release")
    parser.add_argument("version", help="x.y.z, or x.y.z-rc.n for a candidate")
    try:
        package = release(Path.cwd(), version := parser.parse_args().version, date.today())
    except ReleaseError as error:
        sys.exit(f"release: {error}")
    print(_NEXT.format(version=version, package=package))


def release(root: Path, version: str, day: date) -> Path:
    """Change what a release changes in the project at `root`; return the chart's package, relative to it.

    Raises:
        ReleaseError: The version is malformed or not newer than the last, or the tree is not ready, and nothing is
            changed; or a tool failed.
    """
    changelog = (root / "CHANGELOG.md").read_text()
    last = max(_HEADING.findall(changelog), key=order, default=None)
    _check_version(version, last)
    heading = _heading(version, last, changelog, day)
    _check_tree(root)
    for name, lines in PLACES.items():
        _set_version(root / name, lines, version)
    (root / "CHANGELOG.md").write_text(changelog.replace(UNRELEASED, f"{UNRELEASED}\n{heading}", 1))
    _run(root, "scripts/manifests")
    _run(root, "helm", "package", "helm/ecg", "--destination", "build")
    return Path("build", f"ecg-{version}.tgz")


def current(root: Path) -> str:
    """Return the version of the project at `root`."""
    found = re.search(r'^version = "(.*)"$', (root / "pyproject.toml").read_text(), re.MULTILINE)
    assert found
    return found[1]


def order(version: str) -> tuple[float, ...]:
    """Return what sorts versions as semantic versioning does: a candidate comes before its release.

    Raises:
        ReleaseError: It is not a version.
    """
    found = _VERSION.fullmatch(version)
    if not found:
        raise ReleaseError(f"{version!r} is not a version such as 1.2.3 or 1.2.3-rc.1")
    *numbers, candidate = found.groups()
    return (*map(int, numbers), float("inf") if candidate is None else int(candidate))


def _check_version(version: str, last: str | None) -> None:
    wanted = order(version)
    if last and wanted <= order(last):
        raise ReleaseError(f"{version} is not newer than {last}, the last release in CHANGELOG.md")


def _heading(version: str, last: str | None, changelog: str, day: date) -> str:
    heading = f"## {version} ({day})\n"
    if _CHANGES.search(changelog):
        return heading
    if last and last.startswith(f"{version}-rc."):  # the candidate was good
        return f"{heading}\n- The same as {last}.\n"
    raise ReleaseError("CHANGELOG.md has no change under `## Unreleased`")


def _check_tree(root: Path) -> None:
    if _run(root, "git", "status", "--porcelain"):
        raise ReleaseError("there are changes that are not committed; commit them or put them aside (git stash)")
    if not shutil.which("helm"):
        raise ReleaseError("helm is missing; it renders k8s/ and packages the chart")


def _set_version(file: Path, lines: tuple[str, ...], version: str) -> None:
    text = file.read_text()
    for line in lines:
        pattern = "^" + re.escape(line).replace(r"\{\}", r"[^\s\"]+") + "$"
        text, count = re.subn(pattern, line.format(version), text, flags=re.MULTILINE)
        assert count == 1, f"{file}: {line}"
    file.write_text(text)


def _run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReleaseError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    main()
