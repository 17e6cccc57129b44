"""What the process that reads one file answers."""

from connectors import encodings, text
from connectors.file_options import Options
from connectors.readers import separated
from connectors.readers.outcome import ReadOutcome, UnreadableBytes


def answer(kind: str, content: bytes, options: Options) -> dict[str, str]:
    """Return the Markdown of a file, or why there is none."""
    try:
        return _answer(kind, content, options)
    except (UnreadableBytes, encodings.Undecodable) as error:
        return {"unreadable": str(error)}


def _answer(kind: str, content: bytes, options: Options) -> dict[str, str]:
    if kind in ("html", "rendered", "md", "txt", "csv"):
        decoded = encodings.decode(content, options.media_type)
        outcome = separated.read(decoded.text) if kind == "csv" else ReadOutcome()
        written = convert(kind, outcome.html if kind == "csv" else decoded.text, options.base_url)
        return _answered(written.markdown, decoded.problem, outcome.problem, written.problem)
    outcome = _read(kind, content, speaker_notes=options.speaker_notes)
    written = convert("html", outcome.html, options.base_url) if outcome.html else convert("txt", outcome.plain, "")
    return _answered(written.markdown, outcome.problem, written.problem)


def convert(kind: str, content: str, base_url: str) -> text.Converted:
    """Convert text of a file in this process."""
    if kind == "md":
        return text.bounded(text.from_markdown(content), content)
    if kind == "txt":
        return text.bounded(text.from_plain(content), content)
    if kind == "rendered":
        from connectors.confluence import rendered

        return rendered.convert_here(content, base_url)
    return text.convert_here(content, base_url)


def _read(kind: str, content: bytes, *, speaker_notes: bool) -> ReadOutcome:
    if kind == "pdf":
        from connectors.readers import pdf

        return pdf.read(content)
    if kind == "docx":
        from connectors.readers import word

        return word.read(content)
    if kind == "pptx":
        from connectors.readers import slides

        return slides.read(content, speaker_notes=speaker_notes)
    from connectors.readers import workbook

    return workbook.read(content)


def _answered(markdown: str, *problems: str) -> dict[str, str]:
    return {"markdown": markdown, "problem": "; ".join(filter(None, problems))}
