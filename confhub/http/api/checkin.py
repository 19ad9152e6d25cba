"""Check-in: tablets, phones, rooms' codes."""

from __future__ import annotations

from confhub.http.api_decorator import Api

api = Api("Check-in")
