"""What can be wrong with a unit, a tier, or a text that names them."""

from __future__ import annotations

from confhub.kernel.errors import Conflict, Invalid, NotFound


class UnitNotFound(NotFound):
    code = "unit_not_found"
    message = "There is no such unit, or it is outside your branch."


class TierNotFound(NotFound):
    code = "tier_not_found"
    message = "There is no such tier."
    remedy = "Choose one of the tiers in the list."


class TextMissing(Invalid):
    code = "text_missing"
    message = "This field must not be empty."
    remedy = "Fill it in."


class TextTooLong(Invalid):
    code = "text_too_long"
    message = "The text is longer than {limit} characters."
    remedy = "Shorten it."


class TextUnreadable(Invalid):
    code = "text_unreadable"
    message = "The text holds characters that cannot be shown."
    remedy = "Type it anew instead of pasting it."


class CodeInvalid(Invalid):
    code = "code_invalid"
    message = "The code may hold letters without diacritics, digits, dots, hyphens and underscores only."
    remedy = "Write it like H44.01.02, at most {limit} characters."


class CodeTaken(Conflict):
    code = "code_taken"
    message = "The code {value} is in use already."
    remedy = "Choose another code."


class DatesReversed(Invalid):
    code = "dates_reversed"
    message = "The last day of validity is before the first."
    remedy = "Exchange the two dates."


class UnitCycle(Invalid):
    code = "unit_cycle"
    message = "A unit cannot be placed below itself."
    remedy = "Choose a parent outside its own branch."


class TierAbove(Invalid):
    code = "tier_above"
    message = "A unit cannot be on a higher tier than its parent."
    remedy = "Choose another tier or another parent."


class TreeTooDeep(Invalid):
    code = "tree_too_deep"
    message = "The tree has more than {limit} levels here."
    remedy = "Choose a parent further up."


class UnitNotEmpty(Conflict):
    code = "unit_not_empty"
    message = "There are units or endpoints in use below this unit."
    remedy = "Retire or move them first."


class UnitDissolved(Conflict):
    code = "unit_dissolved"
    message = "{name} was dissolved, its last day was {day}: nobody and nothing is added to it any more."
    remedy = "Choose a unit that exists today."


class UnitDissolvedNamesake(UnitDissolved):
    remedy = "Choose the unit of this name that exists today; its code is {code}."
