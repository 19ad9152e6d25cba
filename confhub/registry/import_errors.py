"""What can be wrong with an import file. Caught where the file is read, and shown with row and column."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Forbidden, Invalid


class FileTooLarge(Invalid):
    code = "file_too_large"
    message = "The file is larger than {limit_mb} MB."
    remedy = "Split it into several files."


class FileEmpty(Invalid):
    code = "file_empty"
    message = "The file contains no rows."
    remedy = "Write one row per unit or endpoint below a row with the column names."


class FileUnreadable(Invalid):
    code = "file_unreadable"
    message = "This is neither a CSV nor an XLSX file, or it is damaged."
    remedy = "Open it in a spreadsheet program and save it as XLSX or as CSV UTF-8."


class FileTooCostly(Invalid):
    """Its reading went over the limits of memory or time, or broke off."""

    code = "file_too_costly"
    message = "Reading this file takes more memory or time than a table should need."
    remedy = "Copy the table alone, without formatting, into a new file, and save it as CSV UTF-8."


class TooManyCells(Invalid):
    code = "file_too_many_cells"
    message = "The file has more than {limit} cells, or more text than a table of that size."
    remedy = "Split it, or delete empty columns and rows."


class OldExcelFormat(Invalid):
    code = "file_old_excel"
    message = "This is a file of the old Excel format (XLS)."
    remedy = "Open it and save it as XLSX."


class FileProtected(Invalid):
    code = "file_protected"
    message = "The file is protected by a password."
    remedy = "Save it without a password."


class EncodingUnknown(Invalid):
    code = "file_encoding"
    message = "The letters of this file cannot be read."
    remedy = "Save it as XLSX or as CSV UTF-8."


class LettersOpen(Invalid):
    code = "letters_open"
    message = "The texts of this file are in the old font {old}."
    remedy = "Look at how they would be read, and choose whether they are read so or left as they stand."


class TooManyRows(Invalid):
    code = "file_too_many_rows"
    message = "The file has more than {limit} rows."
    remedy = "Split it, or delete empty rows below the table."


class TooManyColumns(Invalid):
    code = "file_too_many_columns"
    message = "The sheet has more than {limit} columns."
    remedy = "Delete the empty columns to the right of the table."


class QuotesBroken(Invalid):
    code = "file_quotes"
    message = "A quotation mark is opened and not closed, or is in the wrong place."
    remedy = "Look at this row and the ones before it; double a quotation mark inside a text."


class CellTooLong(Invalid):
    code = "cell_too_long"
    message = "A cell holds more than {limit} characters."
    remedy = "Shorten it."


class FormulaCell(Invalid):
    code = "cell_formula"
    message = "The cell holds a formula."
    remedy = "Copy the column and paste it as values."


class CellError(Invalid):
    code = "cell_error"
    message = "The cell holds a calculation error."
    remedy = "Write the value itself."


class HeaderMissing(Invalid):
    code = "header_missing"
    message = "No row with column names was found."
    remedy = (
        "Say which row has the column names, or name them: Mã (code), Tên (name), for units Cấp (tier) and "
        "Đơn vị cấp trên (parent), for endpoints Đơn vị (unit)."
    )


class ColumnTwice(Invalid):
    code = "column_twice"
    message = "The column {value} appears twice in the file."
    remedy = "Delete one of them."


class ColumnMissing(Invalid):
    code = "column_missing"
    message = "The column {value} is missing."
    remedy = "Add it; new entries cannot be made without it."


class TypeUnknown(Invalid):
    code = "type_unknown"
    message = "{value} is not a type of row."
    remedy = "Write tier, unit or endpoint."


class ChoiceUnknown(Invalid):
    code = "choice_unknown"
    message = "{value} is not one of the values possible here."
    remedy = "Write one of: {choices}."


class DateInvalid(Invalid):
    code = "date_invalid"
    message = "{value} is not a date."
    remedy = "Write it as 2025-06-30 or 30/06/2025."


class RankInvalid(Invalid):
    code = "rank_invalid"
    message = "{value} is not a rank."
    remedy = "Write a whole number from 1 (top) to 99."


class CodeTwice(Invalid):
    code = "code_twice"
    message = "The code {value} appears twice in this file, first in row {first}."
    remedy = "Delete one of the rows, or give it a code of its own."


class TierUnknown(Invalid):
    code = "tier_unknown"
    message = "There is no tier {value}."
    remedy = "Write one of: {choices}; or add a tier row to the file."


class ParentUnknown(Invalid):
    code = "parent_unknown"
    message = "There is no unit {value}, neither here nor in the file."
    remedy = "Correct the code, or add the unit to the file."


class ParentCycle(Invalid):
    code = "parent_cycle"
    message = "The unit would be below itself."
    remedy = "Correct the parent of one of: {chain}."


class OutsideBranch(Forbidden):
    code = "outside_branch"
    message = "This entry is outside your branch, or you may not change it."
    remedy = "Delete the row, or ask an administrator of that branch to import it."


class StillInUse(Conflict):
    code = "unit_still_in_use"
    message = "The unit would end while {value} below it is in use."
    remedy = "Retire or move what is below it in the same file."
