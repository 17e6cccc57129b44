"""What somebody wrote in a mail: without the mail that it answers below, and without a signature."""

import re

_ATTRIBUTION = re.compile(
    r"(?:>\s?)?(?:On\b.{5,200}\bwrote:|Am\b.{5,200}\bschrieb\b.{0,120}:"
    r"|Le\b.{5,200}\ba écrit ?:|El\b.{5,200}\bescribió:)\s*"
)
_DIVIDER = re.compile(
    r"[-_*\s]{0,12}(?:Original Message|Ursprüngliche Nachricht|Forwarded message|Weitergeleitete Nachricht)"
    r"[-_*\s:]{0,12}"
    r"|##- Please type your reply above this line.{0,20}",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\*{0,2}(?:From|Von|De):\*{0,2} \S.{0,200}")
_NEXT_HEADER = re.compile(r"\*{0,2}(?:Sent|Date|To|Gesendet|Datum|An|Subject|Betreff|Envoyé):\*{0,2} \S.{0,300}")
_SIGNATURE = re.compile(
    r"--|—|(?:Sent from my|Get Outlook for|Von meinem|Gesendet von (?:mein|meinem|Mail)|Envoyé de) ?.{0,60}"
)
_CLOSING = re.compile(
    r"(?:(?:kind|best|warm)(?:est)? regards|regards|cheers|sincerely|mfg|lg|vg"
    r"|mit freundlichen gr(?:ü|ue)(?:ß|ss)en|(?:viele|liebe|beste|freundliche) gr(?:ü|ue)(?:ß|ss)e)[,.!]?",
    re.IGNORECASE,
)
MAX_SIGNATURE = 6  # lines after a closing; more are text again


def own_words(text: str) -> str:
    """Return what its author wrote; all of it where cutting would leave nothing. Never raises, in linear time."""
    lines = [line.rstrip() for line in text.split("\n")]
    kept = _without_signature(lines[: _end(lines)])
    while kept and (not kept[-1] or kept[-1].startswith(">")):
        kept.pop()
    return "\n".join(kept).strip()


def _end(lines: list[str]) -> int:
    """The line from which on another mail is quoted, or a signature stands behind its mark."""
    for number, line in enumerate(lines):
        told = line.strip()
        both = f"{told} {lines[number + 1].strip()}" if number + 1 < len(lines) else told
        if len(told) > 400:
            continue
        if _ATTRIBUTION.fullmatch(told) or (len(both) < 400 and _ATTRIBUTION.fullmatch(both)):
            return number
        if _DIVIDER.fullmatch(told) or _SIGNATURE.fullmatch(told):
            return number
        if _HEADER.fullmatch(told) and any(
            _NEXT_HEADER.fullmatch(after.strip()) for after in lines[number + 1 : number + 4]
        ):
            return number
    return len(lines)


def _without_signature(lines: list[str]) -> list[str]:
    for number in range(max(1, len(lines) - MAX_SIGNATURE - 1), len(lines)):
        if len(lines[number]) < 60 and _CLOSING.fullmatch(lines[number].strip()):
            return lines[:number]
    return lines
