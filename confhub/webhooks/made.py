"""Webhooks: its service and its teller, made together, and carried by the post."""

from __future__ import annotations

from dataclasses import dataclass

from confhub.db.database import Database
from confhub.kernel.clock import Clock
from confhub.post.worker import Post
from confhub.settings import Settings
from confhub.webhooks.addresses import Bounds
from confhub.webhooks.limits import AT_ONCE, LONGEST_S
from confhub.webhooks.sending import HookSender
from confhub.webhooks.service import WebhookService
from confhub.webhooks.telling import WEBHOOK, HookTeller


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What doors ask, and the clock's servant."""

    hooks: WebhookService
    teller: HookTeller

    @classmethod
    def made(cls, db: Database, clock: Clock, post: Post, settings: Settings, home: str) -> Webhooks:
        """`home`: the hub's address, which stands in what is told."""
        bounds = Bounds(settings.webhook_networks)
        post.carry(WEBHOOK, HookSender(db, clock, bounds).send, at_once=AT_ONCE, longest_s=LONGEST_S)
        return cls(WebhookService(db, clock, bounds), HookTeller(db, clock, post, home))
