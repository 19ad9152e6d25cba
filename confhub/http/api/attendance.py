"""Attendance of people: figures, corrections, closing."""

from __future__ import annotations

from confhub.http.api_decorator import Api

api = Api("Attendance")
