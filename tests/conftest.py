"""Real data: tests that read files which may not be redistributed, and a closing line that says whether they ran.

SANAD_REAL_DATA names the folder. Without it those tests are skipped, visibly. If it names no folder the run is an
error, because a run that was meant to have real data must not pass without it.
"""

import os
from pathlib import Path

import pytest

pytest_plugins = ["tests.offices"]
REASON = "SANAD_REAL_DATA is not set"


def data_folder() -> Path | None:
    named = os.environ.get("SANAD_REAL_DATA")
    return Path(named) if named else None


def pytest_configure(config: pytest.Config) -> None:
    folder = data_folder()
    if folder is not None and not folder.is_dir():
        raise pytest.UsageError(f"SANAD_REAL_DATA names no folder: {folder}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "real_data" in getattr(item, "fixturenames", ()):
            item.add_marker("real_data")
        if item.get_closest_marker("real_data") and data_folder() is None:
            item.add_marker(pytest.mark.skip(reason=REASON))


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = data_folder()
    if folder is None:
        pytest.skip(REASON)
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    def count(*outcomes: str) -> int:
        reports = [report for outcome in outcomes for report in terminalreporter.stats.get(outcome, [])]
        return sum("real_data" in getattr(report, "keywords", ()) for report in reports)

    if data_folder() is None:
        line = f"skipped, {REASON}"
    else:
        line = f"{count('passed', 'failed', 'error', 'xfailed', 'xpassed')} ran"
        if skipped := count("skipped"):
            line += f", {skipped} skipped"
    terminalreporter.write_line(f"real data: {line}")
