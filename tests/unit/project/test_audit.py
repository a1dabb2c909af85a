"""The audit's summary of pip-audit's report: a failed look-up does not count as safe."""

from scripts.audit import verdict

FINE = {"name": "flask", "version": "3.1.2", "vulns": []}
FOUND = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["2.1"]}]}
UNFIXED = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "GHSA-2", "fix_versions": []}]}
SKIPPED = {"name": "orjson", "skip_reason": "not found on PyPI"}


def test_no_known_vulnerability_passes():
    assert verdict({"dependencies": [FINE]}, if_reachable=False) == (["1 packages, no known vulnerability"], 0)


def test_a_known_vulnerability_fails_even_if_other_look_ups_failed():
    lines, code = verdict({"dependencies": [FINE, FOUND, UNFIXED, SKIPPED]}, if_reachable=True)
    assert lines == ["jinja2 2.0: GHSA-1, fixed in 2.1", "jinja2 2.0: GHSA-2, fixed in no version yet"]
    assert code == 1


def test_a_failed_look_up_is_reported_and_fails_unless_it_is_expected():
    report = {"dependencies": [FINE, SKIPPED]}
    for if_reachable, expected in ((False, 2), (True, 0)):
        (line,), code = verdict(report, if_reachable)
        assert line.startswith("1 of 2 packages could not be looked up")
        assert line.endswith("not found on PyPI")
        assert code == expected
