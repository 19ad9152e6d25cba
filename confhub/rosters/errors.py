"""What can go wrong with rosters, notices of absence and the import of people."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from confhub.sessions import errors as sessions


class RoomNotInSession(sessions.RoomNotInSession):
    message = "The room {name} does not take part in this session."
    remedy = "Add the room to the session first, or choose another room."


class MoveToItself(Invalid):
    code = "unit_move_to_itself"
    message = "A unit is not moved to itself."
    remedy = "Choose another unit."


class NothingToMove(Conflict):
    code = "unit_move_empty"
    message = "There is nothing of what was chosen in this unit."
    remedy = "Choose more kinds, or another unit."


class ListRoomElsewhere(Invalid):
    code = "list_room_elsewhere"
    message = "The room that takes the lists does not belong to the new unit, or is out of use."
    remedy = "Choose a room of the unit that everything moves to."


class UnitMoveUnknown(NotFound):
    code = "unit_move_not_found"
    message = "There is no such move, or it is outside your branch."


class UnitMoveUndone(Conflict):
    code = "unit_move_undone"
    message = "This move was taken back already."


class UnitMoveStale(Conflict):
    code = "unit_move_stale"
    message = "What belongs to the unit has changed since it was shown."
    remedy = "Look at it again and move it then."


class CourseUnknown(NotFound):
    code = "course_not_found"
    message = "There is no such course, or it is outside your branch."


class PersonNotOnList(NotFound):
    code = "person_not_on_list"
    message = "This person is not on the list of this room."


class PersonNotListable(Conflict):
    code = "person_not_listable"
    message = "{name} is out of use, merged or erased, and cannot be put on a list."
    remedy = "Choose the entry that is in use."


class ListedElsewhere(Forbidden):
    code = "listed_elsewhere"
    message = "{name} is on the list of {room}, which is outside your branch."
    remedy = "Ask an administrator of that branch to take them off first."


class NobodyNamed(Invalid):
    code = "nobody_named"
    message = "Nobody was chosen."
    remedy = "Tick at least one person."


class TooManyNamed(Invalid):
    code = "too_many_named"
    message = "At most {limit} people at once."
    remedy = "Choose fewer, or import them from a file."


class RoomFull(Conflict):
    code = "roster_full"
    message = "A room's list holds at most {limit} people."
    remedy = "Divide them over several rooms."


class NotExpected(Invalid):
    code = "person_not_expected"
    message = "{name} is not expected in this session."
    remedy = "Add them to a room's list first."


class AbsenceThere(Conflict):
    code = "absence_there"
    message = "There is a notice of absence of {name} for this session already."
    remedy = "Decide that one, or withdraw it first."


class AbsenceNotFound(NotFound):
    code = "absence_not_found"
    message = "There is no such notice of absence, or it is outside your branch."


class AbsenceWithdrawn(Conflict):
    code = "absence_withdrawn"
    message = "This notice of absence was withdrawn."
    remedy = "Enter a new one."


class QuestionsOpen(Conflict):
    code = "people_questions_open"
    message = "Questions about this file that nobody has answered: {count}."
    remedy = "Answer them in the preview, and check the file again."
