"""Bytes of a text as text: by what they say of themselves, by what they must be, or not at all."""

import codecs
import re
from dataclasses import dataclass
from typing import Final

MAX_SAMPLE = 200_000  # bytes that are looked at for an encoding
SURE = 0.01  # of the likeliest encoding that nobody named; below, a guess is a coin toss
CLEARLY = 1.5  # times likelier than the next one that reads differently
BAD = 0.02  # of the characters outside of ASCII: more broken ones, and it is no UTF-8
MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
FAMILIES: Final = ("ascii", "big5", "cp", "euc", "gb", "hz", "iso", "johab", "koi8", "ks", "mac", "shift", "tis", "utf")
# What a label means on the web (https://encoding.spec.whatwg.org), where Python means something narrower by it.
# fmt: off
MEANT: Final = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874",
    "tis-620": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    "ks_c-5601-1987": "cp949", "big5": "big5hkscs", "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8",
}
# fmt: on
DOUBT = 0.1  # how likely a reading is that puts a sign or a capital into the middle of a word
BROKEN: Final = "some of its characters are broken; save it anew as UTF-8"
UNKNOWN: Final = "nothing says in which encoding it is; save it as UTF-8"

_STATED = re.compile(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']"
    rb"|<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})",
    re.IGNORECASE,
)
_CONTROL = re.compile("[\x80-\x9f]")  # of the encodings that have letters there, the reading with controls is wrong
_ODD = re.compile(
    "[a-z\xdf-\xff\u0100-\u017f](?:[\xa1-\xb4\xb6-\xbf\u00d7\u00f7\u02c6-\u02dd]|[\u00c0-\u00de\u0141\u013d])[a-z]?"
)
_LABEL = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)


class Undecodable(Exception):
    """The bytes are no text, or nobody can say in which encoding they are."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text. `problem`: what of it is broken, '' where nothing is."""

    text: str
    problem: str = ""


def decode(content: bytes, media_type: str = "") -> Decoded:
    """Return the text. What is not sure is not guessed at: a wrong letter is worse than none.

    Raises Undecodable for what is no text, and for text in an encoding that nothing names and nothing shows.
    """
    if marked := _marked(content):
        return _whole(content, marked)
    for label in ("utf-8", *_labels(content, media_type)):
        try:
            return Decoded(content.decode(label))
        except UnicodeDecodeError:
            continue
    if _is_almost_utf8(content):
        return _whole(content, "utf-8")
    return Decoded(content.decode(_guessed(content), "strict"))


def _marked(content: bytes) -> str:
    """The encoding that signs of its own show; '' without any. Raises Undecodable for what is no text."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return encoding
    if b"\0" in content[:8192]:
        return _wide(content)
    return "iso2022_jp_ext" if b"\x1b$" in content[:MAX_SAMPLE] else ""  # no text in ASCII has that


def _whole(content: bytes, encoding: str) -> Decoded:
    text = content.decode(encoding, "replace")
    return Decoded(text, BROKEN if "\ufffd" in text else "")


def _wide(content: bytes) -> str:
    """Which UTF-16, one that does not say so: of any text in Latin letters, every other byte is none."""
    sample = content[:8192]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        if zeros.count(0) > 0.6 * len(zeros):
            return encoding
    raise Undecodable("is called text, and is not")


def _labels(content: bytes, media_type: str) -> list[str]:
    """The encodings that the sender or the text itself names, as the web means them."""
    named = [found[1] for found in [_LABEL.search(media_type)] if found]
    named += [(found[1] or found[2]).decode() for found in [_STATED.search(content[:4096])] if found]
    known: list[str] = []
    for label in named:
        try:
            name = codecs.lookup(label).name
        except LookupError:
            continue
        if name.startswith(FAMILIES):
            known.append(MEANT.get(name, name))
    return [name for name in known if name != "utf-8"]


def _is_almost_utf8(content: bytes) -> bool:
    """Whether only a few bytes keep it from being UTF-8, which no other encoding looks like."""
    text = content[:MAX_SAMPLE].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond = sum(1 for letter in text if letter > "\x7f") if not text.isascii() else 0
    return beyond - broken >= 2 and broken <= max(1 + (beyond - broken) // 4, BAD * beyond)


def _guessed(content: bytes) -> str:
    """The encoding that the bytes show. Raises Undecodable."""
    sample = content[:MAX_SAMPLE]
    if _is_western(content):
        return "cp1252"
    if not sample.translate(None, bytes((*range(0x80), *range(0xA1, 0xE0)))):
        raise Undecodable(UNKNOWN)  # narrow Japanese letters, and as well Korean or Chinese ones
    readings: dict[str, float] = {}
    encodings: dict[str, str] = {}
    for encoding, confidence in _candidates(sample):
        try:
            text = content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if not _CONTROL.search(text):
            doubted = DOUBT if _ODD.search(text) else 1.0
            readings[text] = readings.get(text, 0.0) + confidence * doubted
            encodings.setdefault(text, encoding)
    ranked = sorted(readings.items(), key=lambda reading: -reading[1])
    if not ranked or (len(ranked) > 1 and ranked[0][1] < max(SURE, CLEARLY * ranked[1][1])):
        raise Undecodable(UNKNOWN)
    return encodings[ranked[0][0]]


def _candidates(sample: bytes) -> list[tuple[str, float]]:
    """The likeliest encodings, as the web means them."""
    import chardet
    from chardet import EncodingEra

    found = chardet.detect_all(sample, encoding_era=EncodingEra.MODERN_WEB | EncodingEra.LEGACY_ISO)
    likely: list[tuple[str, float]] = []
    for guess in found[:6]:
        try:
            name = codecs.lookup(guess["encoding"] or "").name
        except LookupError:
            continue
        likely.append((MEANT.get(name, name), float(guess["confidence"] or 0)))
    return [(name, confidence) for name, confidence in likely if name != "utf-8"]


def _is_western(content: bytes) -> bool:
    """Whether all that is not ASCII are signs that stand by themselves, as a price in pounds: no letters to mistake."""
    try:
        text = content[:MAX_SAMPLE].decode("cp1252")
    except UnicodeDecodeError:
        return False
    return all(
        not letter.isalpha() and not (text[at - 1 : at].isalpha() or text[at + 1 : at + 2].isalpha())
        for at, letter in enumerate(text)
        if letter > "\x7f"
    )
