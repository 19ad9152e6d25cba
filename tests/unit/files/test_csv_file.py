"""Cells that Excel would take for a formula."""

from __future__ import annotations

import pytest

from confhub.files.csv_file import safe


@pytest.mark.parametrize("cell", ["=1+1", "+84", "-x", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_cell_that_looks_like_a_formula_gets_an_apostrophe(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "Hạ Hoà", "H44.01.02", "a=b", "3–4"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert safe(cell) == cell
