"""What the audit of the locked packages makes of a service's answer."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# As pip-audit writes it.
REPORT = {
    "dependencies": [
        {"name": "flask", "version": "0.5", "vulns": [
            {"id": "PYSEC-2019-179", "fix_versions": ["1.0"], "aliases": ["CVE-2019-1010083", "GHSA-5wv5-4vpf-pj6m"]},
            {"id": "PYSEC-2018-66", "fix_versions": [], "aliases": []},
        ]},
        {"name": "jinja2", "version": "3.1.6", "vulns": []},
        {"name": "ours", "skip_reason": "Dependency not found on PyPI and could not be audited: ours (1.0)"},
    ],
    "fixes": [],
}  # fmt: skip


def test_a_known_vulnerability_fails_and_is_named_with_what_fixes_it(audit: ModuleType) -> None:
    code, lines = audit.judged(REPORT, {})
    assert code == 1
    assert lines == [
        "audit: flask 0.5: PYSEC-2019-179 = CVE-2019-1010083 = GHSA-5wv5-4vpf-pj6m, fixed in 1.0",
        "audit: flask 0.5: PYSEC-2018-66, not fixed yet",
        f"audit: 2 packages, 2 vulnerabilities to be fixed, or waived in {audit.WAIVERS}; not known to the service: 1",
    ]


def test_one_that_is_waived_by_any_of_its_names_is_told_with_the_reason_and_fails_nothing(audit: ModuleType) -> None:
    waived = audit.waivers("# why\n\nflask CVE-2019-1010083 we parse no JSON\nflask PYSEC-2018-66 nor that\n")
    code, lines = audit.judged(REPORT, waived)
    assert code == 0
    assert lines[0].endswith(", fixed in 1.0; waived: we parse no JSON")
    code, lines = audit.judged(REPORT, {**waived, ("jinja2", "CVE-1"): "gone"})
    assert code == 0
    assert "audit: conf/audit-waivers.txt: jinja2 CVE-1 is no longer found" in lines
    assert audit.judged(REPORT, {("jinja2", "PYSEC-2018-66"): "another package's", **waived})[0] == 0
    assert audit.judged(REPORT, {("jinja2", "PYSEC-2018-66"): "another package's"})[0] == 1


@pytest.mark.parametrize("line", ["flask", "flask CVE-2019-1010083", "flask CVE-2019-1010083  "])
def test_a_waiver_without_a_reason_is_none(audit: ModuleType, line: str) -> None:
    with pytest.raises(SystemExit, match=r"conf/audit-waivers\.txt:2: wanted PACKAGE NAME and the reason"):
        audit.waivers(f"# why\n{line}\n")


def test_the_waivers_that_there_are_have_reasons(audit: ModuleType) -> None:
    audit.waivers((ROOT / audit.WAIVERS).read_text())


def test_where_nobody_answers_that_is_said_and_fails_nothing(
    audit: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # where nobody is
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    assert audit.main() == 0
    assert capsys.readouterr().out == (
        "audit: no vulnerability service answers here; the locked packages were not audited\n"
    )
