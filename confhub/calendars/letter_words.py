"""A letter in words: its subject, and what stands above the calendar's part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from confhub.calendars.changes import Change
from confhub.calendars.pictures import Held
from confhub.i18n.catalogue import Translate
from confhub.i18n.formats import Formats
from confhub.ical.values import Method


@dataclass(frozen=True, slots=True)
class Matter:
    """What letters are about. `link`: its page. `repeats`: a series' rule in words, else empty."""

    unit: str
    link: str
    repeats: str


@dataclass(frozen=True, slots=True)
class LetterWords:
    """Letters in one language."""

    translate: Translate
    formats: Formats

    def subject(self, change: Change, *, still_held: bool) -> str:
        """One line."""
        _ = self.translate
        held = _first(change)
        title = held.title
        if change.days:
            title = f"{title} ({', '.join(self.formats.date(day) for day in change.days[:3])})"
        if change.method is Method.REQUEST:
            said = _("Invitation: {title}") if change.new else _("Changed: {title}")
        else:
            said = _("No longer invited: {title}") if still_held else _("Cancelled: {title}")
        return said.format(title=title)

    def text(self, change: Change, matter: Matter, *, still_held: bool) -> str:
        """`still_held`, of what is cancelled for its receiver: it takes place without them."""
        _ = self.translate
        held = _first(change)
        lines = [self._happened(change, matter, still_held), "", held.title, self._when(held)]
        if matter.repeats and not change.days:
            lines.append(matter.repeats)
        if held.place:
            lines.append(f"{_('Rooms')}: {held.place}")
        lines += [
            held.text,
            "",
            matter.link,
            "",
            _("The calendar file in this letter keeps a calendar up to date."),
        ]
        return "\n".join(lines) + "\n"

    def _happened(self, change: Change, matter: Matter, still_held: bool) -> str:
        _: Callable[[str], str] = self.translate
        one = bool(change.days)
        if change.method is Method.REQUEST and change.new:
            said = (
                _("{unit} invites to this session:")
                if not matter.repeats
                else _("{unit} invites to these sessions:")
            )
            return said.format(unit=matter.unit)
        if change.method is Method.REQUEST:
            return _("One date has changed; all others stay as they are:") if one else _("This has changed:")
        if still_held:
            return (
                _("You are no longer expected on this date; all others stay as they are:")
                if one
                else _("You are no longer expected:")
            )
        if one:
            return _("This date will not take place; all others stay as they are:")
        return _("This will not take place:")

    def _when(self, held: Held) -> str:
        fmt = self.formats
        ends = held.ends_at
        same = held.starts_at.astimezone(fmt.zone).date() == ends.astimezone(fmt.zone).date()
        end = fmt.time(ends) if same else fmt.datetime(ends)
        return f"{fmt.long_date(held.starts_at)}, {fmt.time(held.starts_at)}–{end}"


def _first(change: Change) -> Held:
    """The date that the letter is about; of a whole series its first one."""
    picture = change.picture
    if change.days:
        found = picture.on(change.days[0])
        assert found is not None, "a letter tells of what its picture has"
        return found
    return picture.whole or picture.own[min(picture.own)]
