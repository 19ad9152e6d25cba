"""What others' statements may read of courses."""

from __future__ import annotations

from confhub.db.published import Published
from confhub.training.models import CertificateRow, CourseRow


class CourseColumns(Published):
    """Courses."""

    _row = CourseRow

    id = CourseRow.id
    title = CourseRow.title


class CertificateColumns(Published):
    """Certificates."""

    _row = CertificateRow

    id = CertificateRow.id
    number = CertificateRow.number
