"""Whether the faults are tried, and the figures that their tests end with.

They take as long as all other tests together: so they are left out unless they are named, or asked for with --faults.
Each test says with `@pytest.mark.fault(N, "what is done")` which of the twenty-five faults it survives. What it counted
travels with its report, so that the figures are right however many processes ran the tests.
"""

from collections import Counter
from pathlib import Path

import pytest

FAULTS = 25
_HERE = Path(__file__).parent
_FAULT, _COUNT = "fault", "count"
# Kills, and posts of a backlog: where the faults are named on the command line, and among all tests.
MOST = {"kills": (20, 5), "backlog": (200_000, 50_000)}


class Tally:
    """What a test counted."""

    def __init__(self, node: pytest.Item) -> None:
        self._node = node

    def _count(self, name: str, number: int) -> None:
        self._node.user_properties.append((_COUNT, (name, number)))

    def kills(self, number: int) -> None:
        """Processes that were killed, and after which all was right."""
        self._count("kills", number)

    def bad_inputs(self, number: int) -> None:
        """Records, files, forms or settings that were wrong, and were dealt with as they must be."""
        self._count("bad inputs", number)

    def records(self, *, sent: int, lost: int, doubled: int) -> None:
        """Records that were sent into a stream, and what became of them."""
        for name, number in (("records sent", sent), ("lost", lost), ("doubled", doubled)):
            self._count(name, number)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Whether faults are tried at all, and how much is done to a stream: less among all tests, which take long."""
    parser.addoption(
        "--faults", action="store_true", default=None, help="with no path: the faults too, beside all other tests"
    )
    parser.addoption("--kills", type=int, help="how often the stream is killed; 20 times, and 5 among all tests")
    parser.addoption("--backlog", type=int, help="posts of the backlog; 200,000, and 50,000 among all tests")
    parser.addoption("--seed", type=int, help="seed of the random moments; one of its own by default, printed")


def pytest_configure(config: pytest.Config) -> None:
    """Chosen once, for all processes that run tests."""
    among_all = config.args_source is not pytest.Config.ArgsSource.ARGS
    if config.option.faults is None:
        config.option.faults = not among_all
    for name, (alone, among) in MOST.items():
        if getattr(config.option, name) is None:
            setattr(config.option, name, among if among_all else alone)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the faults out where nobody asked for them."""
    return True if collection_path == _HERE and not config.option.faults else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Has the number of a fault travel with the report of its test."""
    for mark in item.iter_markers(_FAULT):
        item.user_properties.append((_FAULT, mark.args))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the figures where faults were tried; where nobody asked for them, how they are."""
    if config.option.faults:
        _tell_figures(terminalreporter)
    else:
        terminalreporter.write_line("tests/faults is left out: tests/run.sh tests/faults, or --faults for all there is")


def _tell_figures(terminalreporter: pytest.TerminalReporter) -> None:
    failed: set[int] = set()
    tried: dict[int, str] = {}
    counts: Counter[str] = Counter()
    for outcome, reports in terminalreporter.stats.items():
        for report in reports:
            # Among them are tests that were deselected, which carry the same properties, and did not run.
            for name, said in report.user_properties if isinstance(report, pytest.TestReport) else ():
                if name == _FAULT:
                    tried[said[0]] = said[1]
                    failed |= {said[0]} if outcome in ("failed", "error", "skipped") else set()
                elif name == _COUNT and report.when == "teardown":
                    counts[said[0]] += said[1]
    if tried:
        terminalreporter.section("faults")
        for number, what in sorted(tried.items()):
            terminalreporter.write_line(f"{number:>3}  {'NOT survived' if number in failed else 'survived'}  {what}")
        terminalreporter.write_line(
            f"faults survived: {len(tried.keys() - failed)} of {FAULTS}; kills survived: {counts['kills']:,}; "
            f"records sent: {counts['records sent']:,}, lost: {counts['lost']:,}, doubled: {counts['doubled']:,}; "
            f"bad inputs tried: {counts['bad inputs']:,}"
        )
