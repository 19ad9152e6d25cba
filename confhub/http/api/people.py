"""People and their import."""

from __future__ import annotations

from confhub.http.api_decorator import Api

api = Api("People")
