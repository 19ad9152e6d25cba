"""A series in the reader's words, for both doors."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from confhub.access.rules import Actor
from confhub.http.context import actor, language, services
from confhub.http.language import translate
from confhub.i18n.formats import Formats
from confhub.scheduling.days_off import OnDaysOff
from confhub.scheduling.recurrence import Rule
from confhub.scheduling.words import sentence


def said(request: web.Request, rule: Rule, how: OnDaysOff) -> str:
    """The rule, its end and its holidays as one sentence."""
    formats = Formats(language(request), services(request).settings.timezone)
    return sentence(rule, how, lambda message: translate(request, message), formats)


def reader(request: web.Request) -> Actor:
    """Who asks, in the language of the page: days off have names in both."""
    return replace(actor(request), language=language(request))
