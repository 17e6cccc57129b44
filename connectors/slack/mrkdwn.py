"""Slack's own markup to Markdown. Tokens first, then what is escaped, then emphasis; code stays as it stands."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import urlsplit

from connectors import text
from connectors.text import SAFE_SCHEMES

OPEN, CLOSE = "\ue000", "\ue001"  # around the number of a piece that is set aside: in no text that people write

_FENCE = re.compile(r"```(.+?)```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_TOKEN = re.compile(r"<([^<>\n]+)>")
_BOLD = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRIKE = re.compile(r"(?<![\w~])~(?=\S)([^~\n]+?)(?<=\S)~(?![\w~])")
_FENCE_ALONE = re.compile(r"^([ \t>]*)(`{3,}|~{3,})", re.MULTILINE)
_HEADING = re.compile(r"^([^\S\n]*+)(#{1,6})(?=\s)", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[•◦▪‣⁃]\ufe0e?[ \t]+", re.MULTILINE)
_QUOTE = re.compile(r"^>(?!>)[ \t]?", re.MULTILINE)
_QUOTE_ALL = re.compile(r"^>>>[ \t]?(.*)", re.DOTALL | re.MULTILINE)
_AFTER_QUOTE = re.compile(r"^(> .*\n)(?=[^>\n])", re.MULTILINE)  # else the next line would belong to the quote
_SKIN = re.compile(r":skin-tone-\d:")
_KEPT = re.compile(f"{OPEN}([0-9]+){CLOSE}")
_IN_TARGET = str.maketrans({" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E"})
_IN_LABEL = str.maketrans({"[": r"\[", "]": r"\]"})
_OPENED = re.compile(r"(`{3,})")
_DATE_PART = re.compile(r"\{(\w+)\}")
_DATE_FORMATS = {"time": "%H:%M", "time_secs": "%H:%M:%S"}


class MentionNames(Protocol):
    """What people, channels and groups are called; '' for an id that nobody knows."""

    def user(self, user: str, /) -> str: ...
    def channel(self, channel: str, /) -> str: ...
    def group(self, group: str, /) -> str: ...


class Ids:
    """Calls everything by its id: for telling whether a text changed, whoever was renamed meanwhile."""

    def user(self, user: str, /) -> str:
        return user

    channel = group = user


def to_markdown(mrkdwn: str, names: MentionNames) -> str:
    """Return a message's text as Markdown; nothing in it becomes a tag or a heading."""
    kept: list[str] = []

    def restored(piece: str) -> str:
        return _KEPT.sub(lambda found: kept[int(found[1])], piece)

    def keep(piece: str) -> str:
        kept.append(restored(piece))  # a link's label may hold code
        return f"{OPEN}{len(kept) - 1}{CLOSE}"

    rest = _unmarked(text.clean_text(mrkdwn))
    rest = _FENCE.sub(lambda found: keep(f"\n{fenced(_bare(found[1], names))}\n"), rest)
    rest = _CODE.sub(lambda found: keep(code(_bare(found[1], names))), rest)
    rest = _TOKEN.sub(lambda found: _linked(found[1], names, keep), rest)
    rest = _lines(literal(_SKIN.sub("", _unescaped(rest))))
    rest = _STRIKE.sub(r"~~\1~~", _BOLD.sub(r"**\1**", rest))
    return tidy(restored(rest))


def literal(plain: str) -> str:
    """Return plain text so that Markdown shows it, a fence that opens no code included; white space around it stays."""
    core = plain.strip()
    if not core:
        return plain
    start = plain.index(core)
    shown = _HEADING.sub(r"\1\\\2", text.from_plain(_FENCE_ALONE.sub(r"\1\\\2", core)))
    return plain[:start] + shown + plain[start + len(core) :]


def code(plain: str) -> str:
    """Return inline code, however many backticks are in it."""
    if "`" not in plain:
        return f"`{plain}`"
    marks = "`" * (1 + max(map(len, re.findall(r"`+", plain))))
    return f"{marks} {plain} {marks}"


def fenced(plain: str, language: str = "") -> str:
    """Return a block of code, whatever is in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", plain)), default=0))
    lines = plain.strip("\n")
    return f"{fence}{language}\n{lines}\n{fence}"


def link(url: str, label: str = "") -> str:
    """Return a link, only its label where nobody should follow it, the address where there is no label."""
    try:
        safe = urlsplit(url.strip()).scheme.lower() in SAFE_SCHEMES
    except ValueError:
        safe = False
    label = " ".join(label.split())
    shown = url.removeprefix("mailto:")
    if not safe or (not label and shown != url):
        return literal(label or shown)
    target = url.strip().translate(_IN_TARGET)
    if not label or label == url:
        return target
    return label if shown == label else f"[{literal(label).translate(_IN_LABEL)}]({target})"


def date(moment: object, form: str, fallback: str) -> str:
    """Return what a date token says. Its fallback is for readers whose zone nobody knows: as everybody here."""
    if fallback:
        return fallback
    try:
        when = datetime.fromtimestamp(int(str(moment)), UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    return _DATE_PART.sub(lambda part: when.strftime(_DATE_FORMATS.get(part[1], "%Y-%m-%d")), form or "{date}")


def _linked(token: str, names: MentionNames, keep: Callable[[str], str]) -> str:
    """A token as text, or as a link that is set aside."""
    if token[0] in "@#!":
        return _mention(token, names)
    url, _, label = token.partition("|")
    return keep(link(_unescaped(url), _unescaped(label)))


def _bare(source: str, names: MentionNames) -> str:
    """Code as a reader sees it: in it, a link is only its label."""

    def shown(found: re.Match[str]) -> str:
        token = found[1]
        return _mention(token, names) if token[0] in "@#!" else token.partition("|")[2] or token.removeprefix("mailto:")

    return _unescaped(_TOKEN.sub(shown, source))


def _mention(token: str, names: MentionNames) -> str:
    """A person, channel, group or date as escaped text."""
    body, _, label = token[1:].partition("|")
    if token[0] == "@":
        return "@" + (_escaped(names.user(body)) or label.removeprefix("@") or "someone")
    if token[0] == "#":
        return "#" + (label or _escaped(names.channel(body)) or "channel").removeprefix("#")
    kind, _, rest = body.partition("^")
    if kind == "subteam":
        return "@" + (_escaped(names.group(rest)) or label.removeprefix("@") or "group").removeprefix("@")
    if kind == "date":
        moment, _, form = rest.partition("^")
        return date(moment, form.partition("^")[0], label)
    return label or f"@{kind}"


def _lines(plain: str) -> str:
    """Bullets and quotes, as Markdown spells them."""
    plain = _QUOTE_ALL.sub(lambda found: quoted(found[1]), plain)
    return _BULLET.sub(r"\1- ", _AFTER_QUOTE.sub(r"\1\n", _QUOTE.sub("> ", plain)))


def quoted(lines: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines.strip("\n").split("\n"))


def tidy(markdown: str) -> str:
    """No more than one empty line, outside of code, and none at either end."""
    lines: list[str] = []
    fence = ""
    for line in markdown.split("\n"):
        opened = _OPENED.match(line)
        if fence:
            fence = "" if opened and opened[1] == fence and line.strip() == fence else fence
        elif opened:
            fence = opened[1]
        elif not line.strip() and (not lines or not lines[-1].strip()):
            continue
        lines.append(line if fence else line.rstrip())
    return "\n".join(lines).strip("\n")


def _unescaped(escaped: str) -> str:
    """Undo the three escapes that Slack makes, and no others: people write about entities too."""
    return escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _escaped(plain: str) -> str:
    """A name as text: whatever it is, it holds no mark of ours."""
    return html.escape(_unmarked(text.clean_text(plain)), quote=False)


def _unmarked(plain: str) -> str:
    return plain.replace(OPEN, "").replace(CLOSE, "")
