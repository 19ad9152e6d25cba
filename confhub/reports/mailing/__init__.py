"""Scheduled reports by e-mail."""
