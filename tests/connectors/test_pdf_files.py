"""PDF: pages, notes and forms; what of it is missing is named."""

import pytest

from connectors.files import Extract, Unreadable
from tests.connectors.reading import extract_here

TEXT = "Refund policy: refunds take five working days."


def made(*pages: str, annotations: str = "", extra: tuple[str, ...] = (), catalog: str = "", kids: str = "") -> bytes:
    """A PDF of these pages' contents; `annotations` are those of the first one, `extra` further objects from 100 on."""
    numbers = [10 + 2 * n for n in range(len(pages))]
    listed = kids or " ".join(f"{n} 0 R" for n in numbers)
    objects = {
        1: f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        2: f"<< /Type /Pages /Kids [{listed}] /Count {len(listed.split('R')) - 1} >>",
        3: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        4: "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 "
        "/Length 1 >>\nstream\nA\nendstream",
    }
    for number, content in zip(numbers, pages, strict=True):
        notes = annotations if number == numbers[0] else ""
        objects[number] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {number + 1} 0 R {notes} "
            "/Resources << /Font << /F1 3 0 R >> /XObject << /I 4 0 R >> >> >>"
        )
        objects[number + 1] = f"<< /Length {len(content)} >>\nstream\n{content}\nendstream"
    objects |= {100 + n: body for n, body in enumerate(extra)}
    out = b"%PDF-1.7\n" + b"".join(f"{n} 0 obj\n{body}\nendobj\n".encode("latin-1") for n, body in objects.items())
    return out + b"trailer << /Size 200 /Root 1 0 R >>\n%%EOF"


def text(line: str) -> str:
    return f"BT /F1 12 Tf 72 720 Td ({line}) Tj ET"


PICTURE = "q 500 0 0 700 50 50 cm /I Do Q"


def read(content: bytes) -> Extract:
    return extract_here(content, "application/pdf", "terms.pdf")


def test_a_note_that_was_put_onto_a_page_is_kept_and_a_hidden_one_is_not() -> None:
    def note(contents: str, flags: int = 4, kind: str = "FreeText") -> str:
        return (
            f"<< /Type /Annot /Subtype /{kind} /Rect [0 0 100 20] /F {flags} /Contents ({contents}) /DA (/F1 9 Tf) >>"
        )

    content = made(
        text(TEXT),
        annotations="/Annots [100 0 R 101 0 R 102 0 R 103 0 R]",
        extra=(note("Now three days"), note("SECRET", 2), note("SECRET VIEW", 32), note("SECRET COMMENT", 4, "Text")),
    )

    assert read(content).markdown == f"{TEXT}\n\nNow three days"


def test_what_was_filled_into_a_form_is_kept() -> None:
    def field(kind: str, name: str, value: str, flags: int = 0) -> str:
        return (
            f"<< /Type /Annot /Subtype /Widget /FT /{kind} /T ({name}) /TU ({name}) /V ({value}) /Ff {flags} /F 4 "
            "/Rect [0 0 100 20] /P 10 0 R /DA (/F1 9 Tf) >>"
        )

    content = made(
        text(TEXT),
        annotations="/Annots [100 0 R 101 0 R 102 0 R]",
        extra=(
            field("Tx", "Deadline", "31 March"),
            field("Ch", "Plan", "Team", 0x20000),
            field("Tx", "PIN", "1234", 0x2000),
        ),
        catalog="/AcroForm << /Fields [100 0 R 101 0 R 102 0 R] /DR << /Font << /F1 3 0 R >> >> /DA (/F1 9 Tf) >>",
    )

    markdown = read(content).markdown

    assert "Deadline: 31 March" in markdown
    assert "Plan: Team" in markdown
    assert "1234" not in markdown


@pytest.mark.parametrize(
    ("kids", "problem"),
    [
        ("10 0 R 99 0 R 12 0 R", "terms.pdf: page 2 cannot be read"),
        ("99 0 R 98 0 R 10 0 R 12 0 R", "terms.pdf: pages 1, 2 cannot be read"),
    ],
)
def test_a_page_that_cannot_be_read_costs_only_itself(kids: str, problem: str) -> None:
    found = read(made(text(TEXT), text("The fee is ten euro for each order."), kids=kids))

    assert found.markdown == f"{TEXT}\n\nThe fee is ten euro for each order."
    assert found.problem == problem


@pytest.mark.parametrize(
    ("pages", "problem"),
    [
        ((text(TEXT), PICTURE, text(TEXT)), "terms.pdf: page 2 is a picture without text"),
        ((text(TEXT), PICTURE, PICTURE, text(TEXT), text(TEXT)), "terms.pdf: pages 2, 3 are pictures without text"),
        ((text(TEXT), "", text(TEXT)), ""),
    ],
    ids=["one", "two", "an empty page"],
)
def test_pages_that_are_pictures_are_named(pages: tuple[str, ...], problem: str) -> None:
    found = read(made(*pages))

    assert found.markdown.startswith(TEXT)
    assert found.problem == problem


def test_a_protected_file_says_so() -> None:
    content = made(text(TEXT)).replace(
        b"trailer << ",
        b"trailer << /ID [<01> <01>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <"
        + b"00" * 32
        + b"> /U <"
        + b"11" * 32
        + b"> /P -4 >> ",
    )

    with pytest.raises(Unreadable, match="password protects it; save it without one"):
        read(content)
