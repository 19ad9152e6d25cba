"""What can be wrong with a person, a merge, or an erasure."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, NotFound
from confhub.org.errors import TextUnreadable


class PersonNotFound(NotFound):
    code = "person_not_found"
    message = "There is no such person, or they are outside your branch."


class MergeNotFound(NotFound):
    code = "merge_not_found"
    message = "There is no such merge, or it is outside your branch."


class HiddenCharacters(TextUnreadable):
    message = "The text holds invisible characters or marks that turn the direction of writing."
    remedy = "Type it anew instead of pasting it."


class EmailInvalid(Invalid):
    code = "email_invalid"
    message = "This is not an e-mail address."
    remedy = "Write it like an.nguyen@phutho.gov.vn, at most {limit} characters."


class BirthDateInvalid(Invalid):
    code = "birth_date_invalid"
    message = "The date of birth lies before {first} or in the future."
    remedy = "Correct the date, or leave it out."


class PersonCodeTaken(Conflict):
    code = "person_code_taken"
    message = "A person with the code {value} is there already."
    remedy = "Open that person instead, or choose another code."


class PersonDuplicate(Conflict):
    code = "person_duplicate"
    message = "{name} is in this unit already, with the same date of birth or without one."
    remedy = "If this is another person of the same name, say so and save again."


class PersonErased(Conflict):
    code = "person_erased"
    message = "This person was erased; nothing can be changed any more."
    remedy = "Add the person anew."


class PersonMerged(Conflict):
    code = "person_merged"
    message = "This entry was merged into another one."
    remedy = "Use the other entry, or undo the merge first."


class MergeSelf(Invalid):
    code = "merge_self"
    message = "A person cannot be merged with themselves."
    remedy = "Choose two entries."


class MergeUndone(Conflict):
    code = "merge_undone"
    message = "This merge was undone already."


class MergeTooLate(Conflict):
    code = "merge_too_late"
    message = "This merge cannot be undone any more: an entry was erased or merged again since."
    remedy = "Undo the later merge first."


class ErasureUnconfirmed(Invalid):
    code = "erasure_unconfirmed"
    message = "What was typed is not the name of this person."
    remedy = "Type the name exactly as it is shown above the field."


class TooManyBadges(Invalid):
    code = "too_many_badges"
    message = "One sheet holds at most {limit} badges; these would be {count}."
    remedy = "Choose a smaller branch."


class NobodyChosen(Invalid):
    code = "no_badge_chosen"
    message = "Nobody is chosen."
    remedy = "Choose a unit or a room that has people, or tick at least one person."


class RetentionInvalid(Invalid):
    code = "retention_invalid"
    message = "A limit is a number of months from 1 to {limit}."
    remedy = "Leave the field empty to keep the data without a limit."
