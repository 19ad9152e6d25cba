"""Rosters and notices of absence."""

from __future__ import annotations

from confhub.http.api_decorator import Api

api = Api("Rosters")
