"""`make release` in a small copy of the project, and that the version is written in one place."""

import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from scripts.release import PLACES, ReleaseError, current, order, release

ROOT = Path(__file__).parents[3]
DAY = date(2026, 2, 3)
NEW = "### Data\n\n- New.\n\n### Gateway\n\n- Newer.\n\n"
CHANGELOG = f"# Changelog\n\n## Unreleased\n\n{NEW}## 1.2.0 (2026-01-01)\n\n### Data\n\n- Old.\n"
# Takes helm's place: it renders the chart's version, and packages by name.
HELM = """#!/bin/sh
version=$(sed -n 's/^version: //p' helm/ecg/Chart.yaml)
case $1 in
  template) printf -- '---\\n# Source: ecg/templates/gateway/service.yaml\\nversion: %s\\n' "$version" ;;
  package) mkdir -p build && touch "build/ecg-$version.tgz" ;;
esac
"""
# What other projects wrote, and rendered or dated copies.
ELSEWHERE = re.compile(
    r"requirements.*\.txt|requirements\.in|package-lock\.json|^(k8s|tests|bench|gateway/static|docs/screenshots)/|CHANGELOG"
    r"|^docs/releases\.md"  # upgrade notes by version
)


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@example.com")
    return subprocess.run(["git", *identity, *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the files that a release changes, and a stand-in for helm."""
    root = tmp_path / "project"
    for name in (*PLACES, "scripts/manifests", ".gitignore"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(HELM)
    helm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{helm.parent}:{os.environ['PATH']}")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "A project")
    return root


def test_a_release_changes_the_version_everywhere_and_dates_the_changelog(project):
    assert release(project, "1.3.0", DAY) == Path("build/ecg-1.3.0.tgz")
    assert current(project) == "1.3.0"
    chart = (project / "helm" / "ecg" / "Chart.yaml").read_text().splitlines()
    assert {"version: 1.3.0", 'appVersion: "1.3.0"'} <= set(chart)
    dated = CHANGELOG.replace(NEW, f"## 1.3.0 (2026-02-03)\n\n{NEW}")
    assert (project / "CHANGELOG.md").read_text() == dated
    assert "version: 1.3.0\n" in (project / "k8s" / "gateway.yaml").read_text()
    assert (project / "build" / "ecg-1.3.0.tgz").exists()
    changed = {line[3:] for line in git(project, "status", "--porcelain").splitlines()}
    assert changed == {"CHANGELOG.md", "k8s/", *PLACES}


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("1.3", "'1.3' is not a version such as 1.2.3"),
        ("v1.3.0", "is not a version"),
        ("1.03.0", "is not a version"),
        ("1.2.0", "1.2.0 is not newer than 1.2.0, the last release"),
        ("1.2.0-rc.1", "is not newer than 1.2.0"),
    ],
)
def test_a_version_that_cannot_follow_the_last_is_refused(project, version, reason):
    with pytest.raises(ReleaseError, match=reason):
        release(project, version, DAY)
    assert git(project, "status", "--porcelain") == ""


def test_a_tree_with_changes_is_refused(project):
    (project / "new.py").write_text("")
    with pytest.raises(ReleaseError, match="not committed"):
        release(project, "1.3.0", DAY)
    assert (project / "CHANGELOG.md").read_text() == CHANGELOG


def test_changes_may_stand_without_a_sub_heading(project):
    changelog = CHANGELOG.replace("### Data\n\n", "")
    (project / "CHANGELOG.md").write_text(changelog)
    git(project, "commit", "--all", "--quiet", "--message", "No sub-heading")
    release(project, "1.3.0", DAY)
    assert (project / "CHANGELOG.md").read_text() == changelog.replace("- New.", "## 1.3.0 (2026-02-03)\n\n- New.")


@pytest.mark.parametrize("left", ["", "### Data\n\n### Gateway\n\n"], ids=["nothing", "sub-headings"])
def test_a_release_without_a_change_is_refused(project, left):
    (project / "CHANGELOG.md").write_text(CHANGELOG.replace(NEW, left))
    git(project, "commit", "--all", "--quiet", "--message", "No change")
    with pytest.raises(ReleaseError, match="no change under `## Unreleased`"):
        release(project, "1.3.0", DAY)


def test_a_candidate_becomes_the_release_without_another_change(project):
    release(project, "1.3.0-rc.1", DAY)
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Release 1.3.0-rc.1")
    release(project, "1.3.0", DAY)
    dated = f"## 1.3.0 (2026-02-03)\n\n- The same as 1.3.0-rc.1.\n\n## 1.3.0-rc.1 (2026-02-03)\n\n{NEW}"
    assert (project / "CHANGELOG.md").read_text() == CHANGELOG.replace(NEW, dated)


def test_a_failing_helm_is_named(project, tmp_path):
    (tmp_path / "bin" / "helm").write_text("#!/bin/sh\necho broken >&2; exit 1\n")
    with pytest.raises(ReleaseError, match="broken"):
        release(project, "1.3.0", DAY)


def test_versions_are_ordered_as_semantic_versioning_says():
    versions = ["0.9.0", "0.10.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "1.0.1"]
    assert sorted(set(versions), key=order) == versions


def test_the_chart_and_its_images_have_the_projects_version():
    for name, lines in PLACES.items():
        for line in lines:
            assert line.format(current(ROOT)) in (ROOT / name).read_text().splitlines()


def test_the_version_stands_nowhere_else():
    version = re.compile(rf"(?<![\d.]){re.escape(current(ROOT))}(?![\d.])")
    names = [name for name in git(ROOT, "ls-files").splitlines() if not ELSEWHERE.search(name) and name not in PLACES]
    assert "Dockerfile" in names
    files = [ROOT / name for name in names if (ROOT / name).is_file() and not name.endswith(".png")]
    assert [str(file) for file in files if version.search(file.read_text(errors="replace"))] == []
