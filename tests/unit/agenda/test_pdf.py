"""Which PDFs are taken in, and what the others are refused with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confhub.agenda import errors
from confhub.agenda.pdf import check
from tests import pdfs


@pytest.mark.parametrize("pages", [1, 3, 40])
def test_a_plain_document_says_its_pages(pages: int) -> None:
    assert check(pdfs.plain(pages=pages)) == pages


def test_bytes_before_the_signature_and_a_link_are_no_fault() -> None:
    assert check(b"\xef\xbb\xbf\r\n" + pdfs.plain()) == 1
    assert check(pdfs.annotated("/Link")) == 1
    assert check(pdfs.packed("")) == 1


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", errors.NoPdf),
        (b"PK\x03\x04 a workbook", errors.NoPdf),
        (b"<html><script>alert(1)</script></html>", errors.NoPdf),
        (b" " * 2_000 + b"%PDF-1.7", errors.NoPdf),
        (b"%PDF-1.7\n", errors.PdfBroken),
        (b"%PDF-1.7\nstartxref\n0\n%%EOF", errors.PdfBroken),
        (pdfs.scripted(), errors.PdfActive),
        (pdfs.acting("/Launch"), errors.PdfActive),
        (pdfs.acting("/Launch", by_name_elsewhere=True), errors.PdfActive),
        (pdfs.acting("/GoToE"), errors.PdfActive),
        (pdfs.acting("/SubmitForm"), errors.PdfActive),
        (pdfs.annotated("/RichMedia"), errors.PdfActive),
        (pdfs.annotated("/Movie"), errors.PdfActive),
        (pdfs.with_xfa(), errors.PdfActive),
        (pdfs.packed("/Launch"), errors.PdfActive),
        (pdfs.annotated("/FileAttachment"), errors.PdfAttachments),
        (pdfs.with_attachment(), errors.PdfAttachments),
        (pdfs.locked(), errors.PdfEncrypted),
    ],
)
def test_what_acts_hides_or_is_no_pdf_is_refused_in_words(
    content: bytes, fault: type[errors.DocumentRefused]
) -> None:
    with pytest.raises(fault) as caught:
        check(content)
    assert caught.value.field == "file"


def test_a_name_written_by_codes_is_the_same_name() -> None:
    with pytest.raises(errors.PdfActive):
        check(pdfs.acting("/Launch").replace(b"/Launch", b"/L#61unch"))


@given(st.data())
def test_a_damaged_document_raises_its_own_error_alone(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([pdfs.plain(pages=2), pdfs.packed("/GoTo")])))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        pages = check(cut)
    except errors.DocumentRefused:
        return
    assert pages > 0
