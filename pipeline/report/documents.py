"""A document of headings and paragraphs as a web page that stands alone, as Word and as PDF. It computes nothing."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

_STYLE = (
    "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.55 Georgia,serif;color:#23292b;background:#fff}"
    "h1{font-size:1.7rem}h2{font-size:1.2rem;margin-top:1.8rem;border-bottom:1px solid #ccc}"
    "p{white-space:pre-wrap;overflow-wrap:anywhere}.about{color:#555}@media print{body{margin:0}h2{break-after:avoid}}"
)
_MARGIN_MM = 20


@dataclass(frozen=True, slots=True)
class Document:
    """A title, a line about it, and sections of a heading and its paragraphs."""

    title: str
    about: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    language: str = "en"


def to_html(document: Document) -> bytes:
    """A web page that stands alone: nothing is fetched."""
    parts = [
        f"<h2>{escape(head)}</h2>" + "".join(f"<p>{escape(text)}</p>" for text in texts)
        for head, texts in document.sections
    ]
    return (
        f'<!doctype html><html lang="{escape(document.language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(document.title)}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(document.title)}</h1>"
        f'<p class="about">{escape(document.about)}</p>{"".join(parts)}</main></body></html>'
    ).encode()


def to_docx(document: Document) -> bytes:
    """The same for Word and LibreOffice."""
    from docx import Document as Word

    word = Word()
    word.core_properties.title, word.core_properties.author = document.title[:250], ""
    word.add_heading(_printable(document.title), 0)
    word.add_paragraph(_printable(document.about))
    for head, texts in document.sections:
        word.add_heading(_printable(head), 1)
        for text in texts:
            word.add_paragraph(_printable(text))
    target = io.BytesIO()
    word.save(target)
    return target.getvalue()


def to_pdf(document: Document) -> bytes:
    """The same as PDF, in a font that every reader has; it knows Western European letters alone, and says so."""
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_margin(_MARGIN_MM)
    pdf.set_auto_page_break(True, _MARGIN_MM)
    pdf.set_title(_western(document.title))
    pdf.add_page()

    def write(text: str, size: int, style: str = "") -> None:
        pdf.set_font("helvetica", style, size)
        pdf.multi_cell(0, size * 0.5, _western(text), new_x="LMARGIN", new_y="NEXT", align="L")
        pdf.ln(2)

    write(document.title, 18, "B")
    write(document.about, 10)
    for head, texts in document.sections:
        write(head, 13, "B")
        for text in texts:
            write(text, 11)
    if any(_western(text) != text for _, texts in document.sections for text in (*texts, document.title)):
        write(
            "Some letters cannot be shown in this PDF (as ?). The Word document and the web page have them all.", 9, "I"
        )
    return bytes(pdf.output())


DOCUMENT_WRITERS: Mapping[str, tuple[str, Callable[[Document], bytes]]] = {
    "html": ("text/html; charset=utf-8", to_html),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", to_docx),
    "pdf": ("application/pdf", to_pdf),
}


def _western(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").encode("latin-1", "replace").decode("latin-1")


def _printable(text: str) -> str:
    """XML has no room for control characters."""
    return "".join(char for char in text if char in "\n\t" or (char.isprintable() or char.isspace()))
