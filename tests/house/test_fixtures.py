"""What tests share stands in plug-ins; a conftest names a folder's fixtures, and nobody imports it."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_nothing_is_imported_from_a_conftest() -> None:
    found = [
        f"{path.relative_to(TESTS.parent)}: {line.strip()} -> take it from its module in tests/plugins/"
        for path in sorted(TESTS.rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if line.lstrip().startswith("from tests.") and ".conftest import " in line
    ]
    assert not found, "\n".join(found)


def test_a_conftest_defines_no_fixture_but_whose_loop_a_test_runs_on() -> None:
    owners = {
        str(path.relative_to(TESTS))
        for path in TESTS.rglob("conftest.py")
        if "@pytest.fixture" in path.read_text("utf-8")
    }
    assert owners == {"browser/conftest.py"}
