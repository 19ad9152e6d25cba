"""What can go wrong with agendas and documents."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unavailable


class ItemUnknown(NotFound):
    code = "agenda_item_not_found"
    message = "There is no such item on the agenda, or it is outside your branch."


class DocumentUnknown(NotFound):
    code = "document_not_found"
    message = "There is no such document, or it is outside your branch."


class TooManyItems(Conflict):
    code = "agenda_full"
    message = "An agenda has at most {max_count} items."
    remedy = "Put items together, or take some out."


class MinutesOutOfRange(Invalid):
    code = "agenda_minutes_out_of_range"
    message = "An item takes from 1 to {max_min} minutes."
    remedy = "Type another number of minutes."


class TooManySpeakingRooms(Invalid):
    code = "too_many_speaking_rooms"
    message = "At most {max_count} rooms speak to one item."
    remedy = "Choose fewer rooms, or make two items of it."


class SpeakingRoomElsewhere(Invalid):
    code = "speaking_room_not_in_session"
    message = "A chosen room does not take part in this session."
    remedy = "Invite the room to the session first, or choose another one."


class AgendaClosed(Conflict):
    code = "agenda_closed"
    message = "The session is over or cancelled; its agenda stays as it was."
    remedy = "Copy the session to plan another one by this agenda."


class DocumentsClosed(Conflict):
    code = "documents_closed"
    message = "The session is archived or cancelled; its documents stay as they are."
    remedy = "Add the document to another session."


class TooManyDocuments(Conflict):
    code = "too_many_documents"
    message = "A session has at most {max_count} documents."
    remedy = "Remove one that is not needed any more."


class TooManyVersions(Conflict):
    code = "too_many_versions"
    message = "A document has at most {max_count} versions."
    remedy = "Add it as a new document."


class DocumentsTooLarge(Conflict):
    code = "documents_too_large"
    message = "All documents of a session may have {max_mb} MB together; {left_mb} MB are left."
    remedy = "Save the document smaller, or remove one that is not needed any more."


class SameVersion(Conflict):
    code = "document_unchanged"
    message = "The file is the same as the newest version."
    remedy = "Choose the changed file."


class DocumentTooLarge(Invalid):
    code = "document_too_large"
    message = "The file is larger than {max_mb} MB."
    remedy = "Save it smaller: scan in grey at 200 dots an inch, or make two documents of it."


class DocumentRefused(Invalid):
    """A file that is not taken in; its subclasses say why."""

    code = "document_refused"
    message = "This file is not taken in."
    remedy = "Save the document as PDF again, and choose that file."


class NoPdf(DocumentRefused):
    code = "document_no_pdf"
    message = "The file is no PDF."


class PdfBroken(DocumentRefused):
    code = "document_damaged"
    message = "The PDF is damaged, and cannot be read."


class PdfEncrypted(DocumentRefused):
    code = "document_encrypted"
    message = "The PDF is protected by a password, so nobody can say what is in it."
    remedy = "Save it without protection, and choose that file."


class PdfActive(DocumentRefused):
    code = "document_active"
    message = "The PDF has something in it that acts when it is opened: a script, a form that sends, a film."
    remedy = "Print it into a new PDF, and choose that file."


class PdfAttachments(DocumentRefused):
    code = "document_attachments"
    message = "The PDF has other files inside."
    remedy = "Save it without attachments, and add them as documents of their own."


class PdfTooLong(DocumentRefused):
    code = "document_too_long"
    message = "The PDF has more than {max_pages} pages."
    remedy = "Make several documents of it."


class PdfTooCostly(DocumentRefused):
    code = "document_too_costly"
    message = "The PDF takes too much work to be looked through."


class CheckingBusy(TooMany):
    """Others' documents are being looked through. `retry_after_s` says when to come back."""

    code = "documents_being_read"
    message = "Several other documents are being looked through at the moment."
    remedy = "Wait {retry_after_s} seconds and send the file again."


class CheckedLate(Unavailable):
    """This machine had no time for the file; nothing is said against the file."""

    code = "document_read_late"
    message = "This server is too busy to look through the file now."
    remedy = "Nothing was stored. Send the file again in a few minutes."
