"""All that recurs: declared here, each with its name, its period, and who does it."""

from __future__ import annotations

from confhub.audit.refusals import WRITE_EVERY_S
from confhub.db.database import Database
from confhub.http.context import Services
from confhub.jobs.clockwork import Clockwork
from confhub.jobs.recurring import Work
from confhub.jobs.sweeping import every_sweep
from confhub.kernel.clock import Clock
from confhub.kernel.memory import EVERY_S, GivingBack
from confhub.sessions.quality_rules import SAMPLE_S

SERVANTS, SAMPLING = "servants", "sampling"
"""Leases, beside the clockwork's: whoever moves sessions need not do everything else as well."""


def recurring(services: Services, clockwork: Clockwork, db: Database, clock: Clock) -> list[Work]:
    """A line for each. Under a lease it is done by one hub of several; without one, by each."""
    it = services
    return [
        *clockwork.works(),
        Work("rooms' lines sampled", SAMPLE_S, it.quality.sample, SAMPLING, at_end=it.quality.flush),
        Work("dates of series", 5, it.series.extend_due, SERVANTS, can_wait=True),
        Work("session rosters", 1, it.rosters.freeze_due, SERVANTS),
        Work("people's figures", 2, it.figures.derive_due, SERVANTS, can_wait=True),
        Work("presence prompts", 1, it.plans.draw_due, SERVANTS),
        Work("attendance seals", 10, it.seals.finish_due, SERVANTS),
        Work("people retention", 3600, it.retention.run_due, SERVANTS, can_wait=True),
        Work("course progress", 5, it.courses.refresh_due, SERVANTS, can_wait=True),
        Work("erased people's certificates", 60, it.certificates.forget_erased, SERVANTS, can_wait=True),
        Work("learning statements", 10, it.learning.send_due, SERVANTS, can_wait=True),
        Work("scheduled reports", 15, it.schedules.send_due, SERVANTS, can_wait=True),
        Work("webhooks", 3, it.webhooks.teller.send_due, SERVANTS, can_wait=True),
        Work("invitations", 5, it.letters.send_due, SERVANTS, can_wait=True),
        Work("letters of registration", 5, it.invitations.letters.send_due, SERVANTS, can_wait=True),
        Work(
            "registrations long over", 3600, it.invitations.registrations.forget_over, SERVANTS, can_wait=True
        ),
        Work("reminders of sessions", 30, it.invitations.reminders.send_due, SERVANTS, can_wait=True),
        Work("reminders long sent", 3600, it.invitations.reminders.forget_over, SERVANTS, can_wait=True),
        Work("idempotency keys over", 3600, it.idempotency.forget_over, SERVANTS, can_wait=True),
        Work("invitations long over", 3600, it.letters.forget_over, SERVANTS, can_wait=True),
        *every_sweep(db, clock, SERVANTS),
        Work("refusals written down", WRITE_EVERY_S, it.refusals.write, None),
        Work("memory given back", EVERY_S, GivingBack().look, None),
    ]
