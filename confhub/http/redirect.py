"""Sending the browser on after a form was carried out (post, redirect, get)."""

from __future__ import annotations

from aiohttp import web


def see_other(path: str, done: str = "") -> web.Response:
    """303 to `path`; `done` names the note shown there (the table in partials/toasts.html)."""
    if done:
        path += ("&" if "?" in path else "?") + f"done={done}"
    return web.Response(status=303, headers={"Location": path})


def local_path(text: str) -> str:
    """`text` where it is a path of this host, else `/`: nobody is sent elsewhere."""
    safe = (
        text.startswith("/")
        and not text.startswith(("//", "/\\"))
        and text.isprintable()
        and len(text) < 2000
    )
    return text if safe and "\\" not in text else "/"
