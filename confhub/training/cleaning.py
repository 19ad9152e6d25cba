"""A course's fields, cleaned: every field's fault at once."""

from __future__ import annotations

import unicodedata

from confhub.kernel.limits import NAME_MAX_CHARS
from confhub.org.rules import Checks
from confhub.people.rules import clean_visible, clean_visible_optional
from confhub.training import errors, numbering
from confhub.training.limits import DESCRIPTION_MAX_CHARS, GRACE_MAX_MIN, THRESHOLD_MINUTES_MAX
from confhub.training.values import CompletionRule, CourseInput, Measure


def clean_input(wanted: CourseInput) -> CourseInput:
    """The input with clean texts; raises every field's error."""
    checks = Checks()
    title = checks.take(lambda: clean_visible(wanted.title, "title"), "")
    description = checks.take(lambda: _description(wanted.description), "")
    rule = checks.take(lambda: _threshold(wanted.rule), wanted.rule)
    rule = checks.take(lambda: _grace(rule), rule)
    pattern = checks.take(lambda: numbering.clean_pattern(wanted.number_pattern), "")
    place = checks.take(lambda: _optional(wanted.issue_place, "issue_place"), "")
    signer = checks.take(lambda: _optional(wanted.signer_name, "signer_name"), "")
    office = checks.take(lambda: _optional(wanted.signer_position, "signer_position"), "")
    checks.finish()
    return CourseInput(title, wanted.unit_id, description, rule, pattern, place, signer, office)


def _optional(text: str, field: str) -> str:
    return clean_visible_optional(text, field) or ""


def _description(text: str) -> str:
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if len(text) > DESCRIPTION_MAX_CHARS:
        raise errors.DescriptionTooLong(field="description", limit=DESCRIPTION_MAX_CHARS)
    for line in text.splitlines():
        if line.strip():
            clean_visible(line[:NAME_MAX_CHARS], "description")
    return text


def _threshold(rule: CompletionRule) -> CompletionRule:
    most = 100 if rule.measure is Measure.PERCENT else THRESHOLD_MINUTES_MAX
    if not 1 <= rule.threshold <= most:
        raise errors.ThresholdOutOfRange(field="threshold", least=1, most=most)
    return rule


def _grace(rule: CompletionRule) -> CompletionRule:
    if not 0 <= rule.grace_min <= GRACE_MAX_MIN:
        raise errors.GraceOutOfRange(field="grace_min", most=GRACE_MAX_MIN)
    return rule
