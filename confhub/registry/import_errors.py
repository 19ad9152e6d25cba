"""What can be wrong with a file of units and rooms, beside what can be with any file (`sheets.errors`)."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Forbidden, Invalid


class HeaderMissing(Invalid):
    code = "header_missing"
    message = "No row with column names was found."
    remedy = (
        "Say which row has the column names, or name them: Mã (code), Tên (name), for units Cấp (tier) and "
        "Đơn vị cấp trên (parent), for endpoints Đơn vị (unit)."
    )


class TypeUnknown(Invalid):
    code = "type_unknown"
    message = "{value} is not a type of row."
    remedy = "Write tier, unit or endpoint."


class ChoiceUnknown(Invalid):
    code = "choice_unknown"
    message = "{value} is not one of the values possible here."
    remedy = "Write one of: {choices}."


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
