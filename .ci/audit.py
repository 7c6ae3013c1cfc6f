"""Asks a vulnerability service about the locked packages: `python .ci/audit.py`, in the root of the checkout.

A known vulnerability without a waiver (conf/audit-waivers.txt) fails. Not every place where this runs reaches a
service, and not every mirror of a package registry has these data: then nothing is audited, which is said, and fails
nothing.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOCKS = (Path("conf/lock/build.txt"), Path("conf/lock/dev.txt"))  # the latter has what jobs need, too
WAIVERS = Path("conf/audit-waivers.txt")
_PIP_AUDIT = ("-m", "pip_audit", "--disable-pip", "--require-hashes", "--format", "json", "--desc", "off")
_QUIET = ("--aliases", "on", "--progress-spinner", "off")

Report = Mapping[str, Any]


@dataclass(frozen=True)
class Found:
    """A vulnerability of a locked package, by all the names that it has."""

    package: str
    version: str
    names: tuple[str, ...]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        """For a person."""
        fixed = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "not fixed yet"
        return f"{self.package} {self.version}: {' = '.join(self.names)}, {fixed}"


def main() -> int:
    """The exit code: 1 where a vulnerability is known and not waived."""
    if not (probe := asked(_first_of(LOCKS[0]))) or not audited(probe):
        print("audit: no vulnerability service answers here; the locked packages were not audited")
        return 0
    report = asked("".join(lock.read_text(encoding="utf-8") for lock in LOCKS))
    if report is None:
        print("audit: the vulnerability service stopped answering; the locked packages were not all audited")
        return 0
    code, lines = judged(report, waivers(WAIVERS.read_text(encoding="utf-8")))
    print("\n".join(lines))
    return code


def asked(requirements: str) -> Report | None:
    """What pip-audit says of the locked requirements; None where it got no answer."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text(requirements, encoding="utf-8")
        command = [sys.executable, *_PIP_AUDIT, *_QUIET, "--requirement", str(file)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    try:
        report: Report = json.loads(done.stdout)
    except ValueError:
        return None
    return report


def audited(report: Report) -> int:
    """Of how many packages the service knows."""
    return sum("skip_reason" not in one for one in report["dependencies"])


def judged(report: Report, waived: Mapping[tuple[str, str], str]) -> tuple[int, Sequence[str]]:
    """The exit code and what to say; `waived` has the reason by package and name of the vulnerability."""
    lines, used, open_ones = [], set[tuple[str, str]](), 0
    for one in _vulnerabilities(report):
        keys = [(one.package, name) for name in one.names if (one.package, name) in waived]
        used.update(keys)
        open_ones += not keys
        lines.append(f"audit: {one}" + (f"; waived: {waived[keys[0]]}" if keys else ""))
    lines += [f"audit: {WAIVERS}: {' '.join(key)} is no longer found" for key in waived if key not in used]
    unknown = len(report["dependencies"]) - audited(report)
    lines.append(
        f"audit: {audited(report)} packages, {open_ones} vulnerabilities to be fixed, or waived in {WAIVERS}"
        + (f"; not known to the service: {unknown}" if unknown else "")
    )
    return int(open_ones > 0), lines


def waivers(text: str) -> dict[tuple[str, str], str]:
    """By package and name of the vulnerability, the reason: lines of `PACKAGE NAME reason`; `#` begins a comment."""
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip() and not line.startswith("#"):
            package, name, reason = (*line.split(maxsplit=2), "", "")[:3]
            if not reason:
                raise SystemExit(f"audit: {WAIVERS}:{number}: wanted PACKAGE NAME and the reason, got {line!r}")
            found[package, name] = reason
    return found


def _vulnerabilities(report: Report) -> Iterator[Found]:
    for one in report["dependencies"]:
        for each in one.get("vulns", ()):
            names = (each["id"], *each.get("aliases", ()))
            yield Found(one["name"], one["version"], names, tuple(each.get("fix_versions", ())))


def _first_of(lock: Path) -> str:
    """The lines of one package, to see whether anybody answers."""
    found = re.search(r"^\S+==.*\n(?: .*\n)*", lock.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, "a lock has packages"
    return found[0]


if __name__ == "__main__":
    sys.exit(main())
