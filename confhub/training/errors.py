"""What courses, certificates and learning records refuse, in the reader's words."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, NotFound, TooMany


class CourseUnknown(NotFound):
    code = "course_unknown"
    message = "There is no such course, or it is outside your branch."


class CourseClosed(Conflict):
    code = "course_closed"
    message = "The course is closed."
    remedy = "Open it again to change it."


class CourseOpen(Conflict):
    code = "course_open"
    message = "The course is open already."


class ThresholdOutOfRange(Invalid):
    code = "threshold_out_of_range"
    message = "The completion rule needs a number from {least} to {most}."


class GraceOutOfRange(Invalid):
    code = "grace_out_of_range"
    message = "The grace is a number of minutes from 0 to {most}."


class DescriptionTooLong(Invalid):
    code = "description_too_long"
    message = "The description is longer than {limit} characters."
    remedy = "Shorten it."


class PatternInvalid(Invalid):
    code = "pattern_invalid"
    message = "This number pattern cannot be used."
    remedy = (
        "Write it like {example}: once {seq} for the running number, {year} for the year, "
        "and letters, digits, / - . _ between them."
    )

    def __init__(self, *, field: str | None = None, **params: object) -> None:
        example = {"example": "{seq:04d}/{year}/GCN", "seq": "{seq:04d}", "year": "{year}"}
        super().__init__(field=field, **{**example, **params})


class LessonUnknown(NotFound):
    code = "lesson_unknown"
    message = "This session is not in the course."


class LessonTaken(Conflict):
    code = "lesson_taken"
    message = "The session is in the course “{course}” already."
    remedy = "A session counts for one course: remove it there first."


class LessonNotTraining(Invalid):
    code = "lesson_not_training"
    message = "Only training sessions can be in a course."
    remedy = "Change the session's kind, or choose another one."


class LessonCancelled(Invalid):
    code = "lesson_cancelled"
    message = "This session was cancelled."
    remedy = "Choose another one."


class TooManyLessons(Conflict):
    code = "too_many_lessons"
    message = "A course has at most {limit} sessions."
    remedy = "Plan a second course."


class MakeUpInvalid(Invalid):
    code = "make_up_invalid"
    message = "A make-up session stands for one of the course's regular sessions."
    remedy = "Choose a session of this course that is no make-up session itself."


class HasMakeUps(Conflict):
    code = "has_make_ups"
    message = "Another session makes up for this one."
    remedy = "Remove the make-up session first."


class OrderIncomplete(Invalid):
    code = "order_incomplete"
    message = "The order must name each session of the course once."
    remedy = "Reload the page and try again."


class CertificateUnknown(NotFound):
    code = "certificate_unknown"
    message = "There is no such certificate, or it is outside your branch."


class CertificateRevoked(Conflict):
    code = "certificate_revoked"
    message = "This certificate is revoked already."


class NotCompleted(Conflict):
    code = "not_completed"
    message = "This person has not completed the course."
    remedy = "Look at the person's progress first."


class BasisOpen(Conflict):
    code = "attendance_open"
    message = "Attendance that counts for this person is not closed: {titles}."
    remedy = "Close it first."


class VerifyIncomplete(Invalid):
    code = "verify_incomplete"
    message = "A number alone tells nothing: type the code that stands beside it."
    remedy = "On a certificate without a code, type its number and the name on it."


class ReasonMissing(Invalid):
    code = "revoke_reason_missing"
    message = "Say why the certificate is revoked."
    remedy = "Write a sentence; it stays with the certificate."


class CountChanged(Conflict):
    code = "count_changed"
    message = "The number of certificates due is {now_due} now, not {expected}."
    remedy = "Look at the preview again, then issue."


class NumberTooLong(Conflict):
    code = "number_too_long"
    message = "The next certificate's number does not fit any more."
    remedy = "Shorten the course's number pattern."


class LookupsTooMany(TooMany):
    code = "too_many_lookups"
    message = "Too many certificates were looked up."
    remedy = "Wait {retry_after_s} s, or scan the QR code on the certificate."


class PrintUnknown(NotFound):
    code = "print_unknown"
    message = "This file no longer exists."
    remedy = "Create it again."


class NothingToPrint(Conflict):
    code = "nothing_to_print"
    message = "The course has no valid certificate yet."
    remedy = "Issue them first."


class PrintsTooMany(Conflict):
    code = "prints_too_many"
    message = "Several files are being made already."
    remedy = "Wait until one of them is done."
