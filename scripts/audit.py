"""`python -m scripts.audit`: report known vulnerabilities of the locked dependencies, by pip-audit and PyPI's data.

pip-audit itself treats a package that it could not look up as not vulnerable. Exit codes: 0 no known vulnerability, 1 a
vulnerability, 2 some packages could not be looked up, which is 0 with --if-reachable, since package mirrors have no
such data.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

NO_VERSION = "no version yet"
ROOT = Path(__file__).parents[1]
UNREACHABLE = "{} of {} packages could not be looked up, because the package index has no vulnerability data: {}"


def verdict(report: dict[str, Any], if_reachable: bool) -> tuple[list[str], int]:
    """Return the lines to print for pip-audit's report, and the exit code."""
    packages = report["dependencies"]
    unknown = [each for each in packages if "skip_reason" in each]
    lines = [
        f"{each['name']} {each['version']}: {found['id']}, fixed in {', '.join(found['fix_versions']) or NO_VERSION}"
        for each in packages
        for found in each.get("vulns", [])
    ]
    if lines:
        return lines, 1
    if unknown:
        return [UNREACHABLE.format(len(unknown), len(packages), unknown[0]["skip_reason"])], 0 if if_reachable else 2
    return [f"{len(packages)} packages, no known vulnerability"], 0


def main() -> None:
    """Audit a lock file, by default that of development."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.audit", description="Report known vulnerabilities of the locked dependencies."
    )
    parser.add_argument("--if-reachable", action="store_true", help="exit with 0 if no vulnerability data is available")
    parser.add_argument("lock", nargs="?", type=Path, default=ROOT / "requirements.txt")
    options = parser.parse_args()
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner=off"]
    done = subprocess.run([*command, "--format=json", "-r", options.lock], capture_output=True, text=True, check=False)
    try:
        lines, code = verdict(json.loads(done.stdout), options.if_reachable)
    except ValueError:  # no connection, or an invalid lock file
        reason = (done.stderr.strip().splitlines() or ["pip-audit printed nothing"])[-1]
        lines = [f"no package could be looked up: {reason}"]
        code = 0 if options.if_reachable and "onnection" in done.stderr else 2
    print("\n".join(f"audit: {line}" for line in lines))
    sys.exit(code)


if __name__ == "__main__":
    main()
