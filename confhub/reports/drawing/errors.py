"""What can go wrong with a report's file."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Gone


class FileGone(Gone):
    """A report's file is kept for an hour, and not over a restart of the hub."""

    code = "report_file_gone"
    message = "This file no longer exists."
    remedy = "Create it again; a file is kept for an hour and does not outlast a restart of the hub."


class FileFailed(Conflict):
    """The file could not be made."""

    code = "report_file_failed"
    message = "The file could not be made."
    remedy = "Try again; if the problem remains, ask the operator to look into the hub's log."


class TooManyFiles(Conflict):
    """Files are being made already."""

    code = "too_many_report_files"
    message = "{limit} files are being made for you already."
    remedy = "Wait until one of them is ready."
