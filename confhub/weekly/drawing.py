"""`python -m confhub.weekly.drawing`: draws a week's schedule in a process of its own.

On stdin: an `Order` as JSON. On stdout: the file. Its parent is the hub; what it is sent, it trusts.
"""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import TypeAdapter

from confhub.i18n.catalogue import Catalogue
from confhub.i18n.formats import Formats
from confhub.weekly.values import Week
from confhub.weekly.words import Words

Form = Literal["pdf", "docx"]


@dataclass(frozen=True, slots=True)
class Order:
    """What is drawn, and how."""

    form: Form
    language: str
    timezone: str
    week: Week


ORDER: Final = TypeAdapter(Order)


def draw(order: Order) -> bytes:
    """The file. Blocking: half a second and more."""
    _ = Catalogue.load().into(order.language)
    words = Words(_, Formats(order.language, order.timezone))
    recipients = ("Các đơn vị liên quan;", "Lưu: VT.")
    out = io.BytesIO()
    if order.form == "pdf":
        from confhub.weekly.pdf import draw_week  # each library takes a while to load

        draw_week(out, order.week, words, recipients, _("Head of the unit"))
    else:
        from confhub.weekly.word import write_week

        write_week(out, order.week, words, recipients, _("Head of the unit"))
    return out.getvalue()


def main() -> int:
    """An order in, the file out."""
    sys.stdout.buffer.write(draw(ORDER.validate_json(sys.stdin.buffer.read())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
