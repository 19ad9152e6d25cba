"""What can be wrong with a file and its cells. Caught where the file is read, shown with row and column."""

from __future__ import annotations

from confhub.kernel.errors import Invalid


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


class FileOfOtherProgram(FileUnreadable):
    """A table of another program. `kind`: what people call its format."""

    message = "This is a file of the format {kind}; only XLSX and CSV are read."
    remedy = (
        "Open it in the program that it is of and save it as XLSX: File > Save As > Excel Workbook (*.xlsx). "
        "Another name alone makes no other file."
    )


class FileWithoutTable(FileUnreadable):
    """A document or a picture. `kind`: what people call its format."""

    message = "This is a file of the format {kind}, and no table; only XLSX and CSV are read."
    remedy = (
        "Ask for the table that it was made from, or copy the table into a new Excel file, and save that as "
        "XLSX: File > Save As > Excel Workbook (*.xlsx)."
    )


class FilePacked(FileUnreadable):
    """An archive of files. `kind`: what people call its format."""

    message = "This is an archive ({kind}); only XLSX and CSV are read."
    remedy = "Unpack it, and choose the XLSX or CSV file that was in it."


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
    remedy = (
        "Open it in Excel and save it as XLSX: File > Save As > Excel Workbook (*.xlsx). Another name alone "
        "makes no other file."
    )


class FileProtected(Invalid):
    code = "file_protected"
    message = "The file is protected by a password."
    remedy = (
        "Open it with its password, take the password away (File > Info > Protect Workbook > Encrypt with "
        "Password: leave it empty), and save it as XLSX."
    )


class EncodingUnknown(Invalid):
    code = "file_encoding"
    message = "The letters of this file cannot be read."
    remedy = "Save it as XLSX or as CSV UTF-8."


class LettersOpen(Invalid):
    code = "letters_open"
    message = "The texts of this file are in the old font {old}."
    remedy = "Look at how they would be read, and choose whether they are read so or left as they stand."


class HiddenOpen(Invalid):
    code = "hidden_open"
    message = "Parts of this file are hidden: sheets, rows or columns."
    remedy = "Look at what is hidden, and choose whether it is taken as well or left out."


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


class ColumnTwice(Invalid):
    code = "column_twice"
    message = "The column {value} appears twice in the file."
    remedy = "Delete one of them."


class ColumnMissing(Invalid):
    code = "column_missing"
    message = "The column {value} is missing."
    remedy = "Add it; new entries cannot be made without it."


class DateInvalid(Invalid):
    code = "date_invalid"
    message = "{value} is not a date."
    remedy = "Write it as 2025-06-30 or 30/06/2025."
