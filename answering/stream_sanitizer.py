"""Output sanitizing: what a model writes, in pieces, without leaked citation marks, pictures and foreign links.

Models that search leak their own marks (`U+E200 filecite U+E202 turn0file3 U+E201`) into the text, cut anywhere. A
picture or a link that a document talked the model into would send what the visitor wrote to whoever owns its address.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

MAX_MARK_LENGTH = 300
MAX_LINK_LENGTH = 2400

_OWN = re.compile("[\ue200-\ue20f]")  # a sign of a leaked mark: it stands in no link and no brackets
_MARK = re.compile("\ue200[^\ue200\ue201]*+\ue201")
_BRACKETED = re.compile("【[^】【\ue200-\ue20f]*+】")
_PLAIN = re.compile(r"(?:file)?cite[ \ue202]?(?:turn\d+[a-z]+\d+[ \ue202,]?)+")
_PLAIN_GOES_ON = re.compile(r"(?:t|tu|tur|turn\d*+[a-z]*+\d*+)?")
_LINK = re.compile(
    r"(?P<picture>!?)\[(?P<text>(?:(?!\n\n)[^\[\]\ue200-\ue20f])*+)\]"
    r"(?:\(\s*+<?(?P<url>[^\s()<>\ue200-\ue20f]*+(?:\([^\s()<>\ue200-\ue20f]*+\)[^\s()<>\ue200-\ue20f]*+)*+)>?"
    r"(?:\s[^()\ue200-\ue20f]*+)?\))?"
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\[\]\"'`|]+", re.IGNORECASE)
_SCHEME = re.compile(r"https?://|www\.", re.IGNORECASE)
_START = re.compile(r"[\ue200-\ue20f]|【|!?\[|\bhttps?://|\bwww\.|(?:file)?cite[ \ue202]?turn\d", re.IGNORECASE)
_TRAILING = ".,;:!?)*_…"


def _beginnings(*words: str) -> re.Pattern[str]:
    """Match the end of a text that may be the first part of one of the words."""
    parts = sorted({word[:length] for word in words for length in range(1, len(word) + 1)}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, parts))})$|!$", re.IGNORECASE)


_TAIL = _beginnings("filecite turn", "fileciteturn", "filecite\ue202turn", "cite turn", "citeturn", "https://", "www.")


@dataclass
class StreamSanitizer:
    """One message. `allows` says whether a link may lead to an address."""

    allows: Callable[[str], bool]
    removed: list[str] = field(default_factory=list)
    _held: str = ""
    _taken: int = 0
    _given: int = 0
    _steps: list[tuple[int, int, int]] = field(default_factory=list)

    def feed(self, piece: str) -> str:
        """Return what can be shown now; the rest is kept until its end is known."""
        self._held += piece
        return self._clean(final=False)

    def close(self) -> str:
        """Return what was still kept."""
        return self._clean(final=True)

    @property
    def taken(self) -> int:
        """How many characters of the original are settled."""
        return self._taken

    def place(self, index: int) -> int:
        """Return where a position of the original stands in the clean text."""
        place = 0
        for start, given, kept in self._steps:
            if start >= index:
                break
            place = given + min(kept, index - start)
        return place

    def _clean(self, *, final: bool) -> str:
        shown: list[str] = []
        while self._held:
            start = _START.search(self._held)
            free = start.start() if start else self._free(final=final)
            if free:
                shown.append(self._pass(free, self._held[:free]))
                continue
            if start is None:
                break
            found = self._construct(final=final)
            if found is None:
                break
            length, text = found
            shown.append(self._pass(length, text))
        return "".join(shown)

    def _free(self, *, final: bool) -> int:
        """How much of what is held cannot begin anything."""
        tail = None if final else _TAIL.search(self._held)
        return tail.start() if tail else len(self._held)

    def _pass(self, length: int, text: str) -> str:
        self._steps.append((self._taken, self._given, len(text)))
        if text != self._held[:length]:
            self.removed.append(self._held[:length])
        self._held = self._held[length:]
        self._taken += length
        self._given += len(text)
        return text

    def _construct(self, *, final: bool) -> tuple[int, str] | None:
        """Return how long the construct at the front is and what becomes of it; None while its end is not known."""
        first = self._held[0]
        if "\ue200" <= first <= "\ue20f":
            return self._mark(final=final)
        if first == "【":
            return self._bracketed(final=final)
        if first in "![":
            return self._link(final=final)
        if first in "hHwW":
            return self._address(final=final)
        return self._plain(final=final)

    def _mark(self, *, final: bool) -> tuple[int, str] | None:
        if match := _MARK.match(self._held):
            return match.end(), ""
        unfinished = self._held[0] == "\ue200" and len(self._held) < MAX_MARK_LENGTH
        return None if unfinished and not final else (len(self._held) if unfinished else 1, "")

    def _bracketed(self, *, final: bool) -> tuple[int, str] | None:
        if match := _BRACKETED.match(self._held):
            return match.end(), "" if "†" in match[0] else match[0]
        waits = not final and len(self._held) < MAX_MARK_LENGTH and not _OWN.search(self._held)
        return None if waits else (1, "【")

    def _plain(self, *, final: bool) -> tuple[int, str] | None:
        match = _PLAIN.match(self._held)
        if match and (final or not _PLAIN_GOES_ON.fullmatch(self._held, match.end())):
            return match.end(), ""
        return None if not final and len(self._held) < MAX_MARK_LENGTH else (1, self._held[0])

    def _link(self, *, final: bool) -> tuple[int, str] | None:
        match = _LINK.match(self._held)
        whole = match and (
            match["url"] is not None or (match.end() < len(self._held) and self._held[match.end()] != "(")
        )
        if match and (whole or final):
            if match["url"] is None:
                return match.end(), match[0]
            if match["picture"]:
                return match.end(), match["text"]
            return match.end(), match[0] if self.allows(match["url"]) else match["text"]
        waits = (
            not final and len(self._held) < MAX_LINK_LENGTH and "\n\n" not in self._held and not _OWN.search(self._held)
        )
        return None if waits else (1, self._held[0])

    def _address(self, *, final: bool) -> tuple[int, str] | None:
        match = _URL.match(self._held)
        if match is None:
            return None if _SCHEME.fullmatch(self._held) and not final else (1, self._held[0])
        if match.end() == len(self._held) and not final and len(self._held) < MAX_LINK_LENGTH:
            return None
        address = match[0].rstrip(_TRAILING)
        return len(address), address if self.allows(address) else ""
