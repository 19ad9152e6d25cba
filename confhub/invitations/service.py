"""Everything of invitations, made once for the composition root."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from confhub.db.database import Database
from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.invitations.answering import AnswerService
from confhub.invitations.letters import REGISTRATION, RegistrationLetters
from confhub.invitations.limits import LETTER_LONGEST_S
from confhub.invitations.papers import InvitationPaperService
from confhub.invitations.registering import RegistrationService
from confhub.invitations.reminding import REMINDER, ReminderService
from confhub.kernel.clock import Clock
from confhub.post.mailer import Mailer
from confhub.post.worker import Post
from confhub.settings import Settings


@dataclass(frozen=True, slots=True)
class Invitations:
    """The printed letter; registration for organizers, and for units; its letters; reminders."""

    papers: InvitationPaperService
    registrations: RegistrationService
    answers: AnswerService
    letters: RegistrationLetters
    reminders: ReminderService

    @classmethod
    def made(
        cls,
        db: Database,
        clock: Clock,
        post: Post,
        mailer: Mailer | None,
        catalogue: Catalogue,
        settings: Settings,
        home: str,
    ) -> Self:
        """With a mail server, the post carries its letters. `home`: the hub's address."""
        into = catalogue.into(settings.default_language)
        formats = Formats(settings.default_language, settings.timezone)
        allowed = settings.recipients_allowed
        letters = RegistrationLetters(db, clock, post, mailer, into, formats, allowed=allowed, home=home)
        reminders = ReminderService(db, clock, post, mailer, into, formats, allowed=allowed, home=home)
        if mailer is not None:
            post.carry(REGISTRATION, letters.send, longest_s=LETTER_LONGEST_S)
            post.carry(REMINDER, reminders.send, longest_s=LETTER_LONGEST_S)
        return cls(
            InvitationPaperService(db, catalogue, settings.timezone),
            RegistrationService(db, clock, can_send=mailer is not None),
            AnswerService(db, clock, into),
            letters,
            reminders,
        )
