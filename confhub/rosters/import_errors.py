"""What can be wrong with a file of people. Caught where it is read, and shown with row and column."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid
from confhub.registry.import_errors import HeaderMissing
from confhub.sessions import errors
from confhub.sheets.errors import FileEmpty


class PeopleFileEmpty(FileEmpty):
    message = "The file contains no people."
    remedy = "Write one row per person below a row with the column names."


class PeopleHeaderMissing(HeaderMissing):
    message = "No row with the column names of people was found."
    remedy = "Say which row has the column names, or name them, at least Họ và tên (name) and Đơn vị (unit)."


class UnitUnknown(errors.UnitUnknown):
    message = "There is no unit {value}."
    remedy = "Write the code or the exact name of a unit of the tree."


class UnitAmbiguous(Invalid):
    code = "unit_ambiguous"
    message = "Several units are called {value}."
    remedy = "Write the unit's code instead of its name."


class UnitNotSaid(Invalid):
    code = "unit_missing"
    message = "The person's unit is missing."
    remedy = "Fill it in, or choose a unit for all rows without one when the file is uploaded."


class RoomUnknown(errors.EndpointUnknown):
    message = "There is no endpoint {value} in use."
    remedy = "Write the code or the exact name of an endpoint."


class RoomAmbiguous(Invalid):
    code = "endpoint_ambiguous"
    message = "Several endpoints are called {value}."
    remedy = "Write the endpoint's code instead of its name."


class SeveralNames(Invalid):
    code = "several_names"
    message = "The cell holds the names of several people: {value}"
    remedy = "Give each of them a row."


class NameWithoutLetters(Invalid):
    code = "name_without_letters"
    message = "{value} is no name."
    remedy = "Write the person's full name."


class CodeOfAnother(Conflict):
    code = "code_of_another"
    message = "The code {value} is that of {name} in row {first} already."
    remedy = "One person has one code: correct it in one of the rows."


class PersonAmbiguous(Invalid):
    code = "person_ambiguous"
    message = "Several people of this unit are called {value}, and the row does not say which one is meant."
    remedy = "Add the code or the date of birth, or choose to be asked about people of the same name."
