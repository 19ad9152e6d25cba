"""By which rules a session's figures were reckoned, in sentences: alike on every page and in every file."""

from __future__ import annotations

from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.reports.people.model import PeopleFigures, PeopleHeader, PersonLine


def rule_sentences(header: PeopleHeader, fmt: Formats, _: Translate) -> list[str]:
    """What counts, who is late, who leaves early, who has completed, and what prompts do; in order."""
    return [
        *_counting(header, _),
        _margins(header, fmt, _),
        _("Completed: at least {percent}% of live time.").format(percent=header.complete_percent),
        *_prompts(header, _),
    ]


def _counting(header: PeopleHeader, _: Translate) -> list[str]:
    if header.unconnected_counts:
        return [
            _(
                "Minutes count while a person is checked in, also while the room is not connected, breaks"
                " taken out."
            )
        ]
    found = [
        _("Minutes count while a person is checked in and the person's room is connected, breaks taken out.")
    ]
    if header.rules > 1:
        found.append(
            _(
                "Time checked in while the room was not connected is stated apart; it makes nobody absent,"
                " late or leave early."
            )
        )
    return found


def _margins(header: PeopleHeader, fmt: Formats, _: Translate) -> str:
    numbers = {"late": header.late_min, "early": header.left_early_min}
    if header.rules < 2 or not header.by_plan:
        return _(
            "Late: more than {late} minutes after the start; left early: more than {early} minutes before"
            " the end."
        ).format(**numbers)
    late_from, early_until = header.late_from, header.early_until
    return _(
        "Late: more than {late} minutes after the later of the planned and the actual start ({start}); left"
        " early: more than {early} minutes before the earlier of the planned and the actual end ({end})."
    ).format(**numbers, start=fmt.time(late_from), end=fmt.time(early_until))


def _prompts(header: PeopleHeader, _: Translate) -> list[str]:
    if not header.prompts:
        return []
    if header.prompts_count:
        return [
            _(
                "An unanswered presence prompt takes the minutes from its opening until the person is heard"
                " of again; it makes nobody leave early."
            )
            if header.rules > 1
            else _("After an unanswered presence prompt no minutes count until the person is heard of again.")
        ]
    return [_("Unanswered presence prompts are stated, and take no minutes away.")]


def lost_sentences(totals: PeopleFigures, fmt: Formats, _: Translate) -> list[str]:
    """What missing connections and unanswered prompts took of the whole; nothing where it was nothing."""
    found = []
    if totals.unconnected_millis:
        found.append(
            _(
                "Not counted because rooms were not connected: {hours} person-hours; {people} expected people"
                " checked in at a room that never connected."
            ).format(hours=fmt.number(totals.unconnected_hours), people=fmt.number(totals.unconnected))
        )
    if totals.unanswered:
        found.append(
            _(
                "{people} expected people left a presence prompt unanswered; {hours} person-hours were taken"
                " away for it."
            ).format(hours=fmt.number(totals.prompt_hours), people=fmt.number(totals.unanswered))
        )
    return found


def _clock(millis: int) -> str:
    """Minutes, and seconds where there are some: `45`, `26:40`; alike in every language."""
    minutes, seconds = divmod(millis // 1000, 60)
    return f"{minutes}:{seconds:02}" if seconds else str(minutes)


def remarks(one: PersonLine, _: Translate) -> list[str]:
    """What is said of a person beside the status: each in some words, nothing where there is nothing."""
    found = []
    if one.elsewhere:
        found.append(_("in room {room}").format(room=one.elsewhere))
    if one.unconnected_millis:
        found.append(
            _("{minutes} min not counted: room not connected").format(minutes=_clock(one.unconnected_millis))
        )
    if one.prompts > one.confirmed:
        unanswered = one.prompts - one.confirmed
        if one.prompt_millis:
            found.append(
                _("{count} of {prompts} prompts not answered: {minutes} min taken away").format(
                    count=unanswered, prompts=one.prompts, minutes=_clock(one.prompt_millis)
                )
            )
        else:
            found.append(
                _("{count} of {prompts} prompts not answered").format(count=unanswered, prompts=one.prompts)
            )
    return found
