"""Look for known vulnerabilities in the shipped dependencies.

Ends with 0 where every dependency was looked up and none is vulnerable, with 1 where one is, and with 75 where no
advisory service has answered for all of them: then nothing is known, which pip-audit would call a success.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
PROGRAM = Path(sys.executable).with_name("pip-audit")
SERVICES = ("pypi", "osv")
NOT_AUDITED = 75


def look_up(service: str, program: Path = PROGRAM) -> list[dict[str, Any]] | str:
    """Return what a service says of each dependency, or why it says nothing."""
    command = [str(program), "--require-hashes", "--disable-pip", "--progress-spinner=off", "--timeout=15"]
    options = ["--format=json", f"--vulnerability-service={service}", f"--requirement={LOCK}"]
    ended = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    try:
        dependencies: list[dict[str, Any]] = json.loads(ended.stdout)["dependencies"]
    except (ValueError, KeyError):
        return (ended.stderr.strip().splitlines() or ["no answer"])[-1]
    return dependencies


def audit(program: Path = PROGRAM) -> int:
    """Print what is known of the dependencies, and return the exit code."""
    problems = []
    for service in SERVICES:
        dependencies = look_up(service, program)
        if isinstance(dependencies, str):
            problems.append(f"{service}: {dependencies}")
            continue
        vulnerable = [(each, found) for each in dependencies for found in each.get("vulns", ())]
        for each, found in vulnerable:
            print(f"{each['name']} {each['version']}: {found['id']}, fixed in {', '.join(found['fix_versions'])}")
        if vulnerable:
            return 1
        skipped = [each["skip_reason"] for each in dependencies if "skip_reason" in each]
        if dependencies and not skipped:
            print(f"{len(dependencies)} dependencies, none with a vulnerability known to {service}")
            return 0
        problems.append(f"{service}: {len(skipped)} of {len(dependencies)} not looked up, e.g. {skipped[:1]}")
    print("NOT AUDITED: no advisory service has answered for every dependency.", *problems, sep="\n  ")
    return NOT_AUDITED


if __name__ == "__main__":
    sys.exit(audit())
