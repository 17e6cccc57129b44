"""Blocks to Markdown: what a message shows where its `text` says less, or nothing."""

from collections.abc import Callable, Sequence

from connectors import text
from connectors.http.transport import Json
from connectors.slack import mrkdwn
from connectors.slack.mrkdwn import MentionNames, fenced, link, literal, quoted

SILENT = frozenset(("divider", "file", "input", "share_shortcut", "condition_details"))
INDENT = "    "


def to_markdown(blocks: object, names: MentionNames) -> str:
    """Return what the blocks say, '' where they say nothing; of a kind that we do not know, every text in it."""
    return mrkdwn.tidy("\n\n".join(filter(None, (_block(block, names) for block in records(blocks)))))


def _block(block: Json, names: MentionNames) -> str:
    kind = str(block.get("type") or "")
    known = _KINDS.get(kind)
    if known is not None:
        return known(block, names)
    return "" if kind in SILENT else "\n\n".join(_every_text(block))


def _section(block: Json, names: MentionNames) -> str:
    parts = [block.get("text"), *records(block.get("fields"))]
    beside = block.get("accessory")
    said = [*(_text(part, names) for part in parts), *_links([beside] if isinstance(beside, dict) else [])]
    return "\n\n".join(filter(None, said))


def _actions(block: Json, names: MentionNames) -> str:  # noqa: ARG001  every kind is called alike
    """Buttons that lead somewhere; what others do is done in Slack only."""
    return " · ".join(_links(records(block.get("elements"))))


def _links(elements: Sequence[Json]) -> list[str]:
    """The links of buttons and of the choices of a menu."""
    choices = [choice for element in elements for choice in records(element.get("options"))]
    led = [element for element in (*elements, *choices) if element.get("url")]
    return [link(str(element["url"]), _plain(element.get("text"))) for element in led]


def _header(block: Json, names: MentionNames) -> str:
    said = _text(block.get("text"), names)
    return f"**{said}**" if said else ""


def _context(block: Json, names: MentionNames) -> str:
    return " ".join(filter(None, (_text(element, names) for element in records(block.get("elements")))))


def _image(block: Json, names: MentionNames) -> str:
    return _text(block.get("title"), names) or literal(str(block.get("alt_text") or ""))


def _video(block: Json, names: MentionNames) -> str:
    title = mrkdwn.link(str(block.get("title_url") or block.get("video_url") or ""), _plain(block.get("title")))
    return "\n\n".join(filter(None, (title, _text(block.get("description"), names))))


def _markdown(block: Json, names: MentionNames) -> str:  # noqa: ARG001  every kind is called alike
    return text.from_markdown(str(block.get("text") or ""))


def _table(block: Json, names: MentionNames) -> str:
    """The first row is the head: Markdown knows no table without one."""
    rows = [[_cell(cell, names) for cell in row] for row in _lists(block.get("rows"))]
    width = max(map(len, rows), default=0)
    if not width:
        return ""
    full = [[*row, *[""] * (width - len(row))] for row in rows]
    lines = [full[0], ["---"] * width, *full[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(cell: object, names: MentionNames) -> str:
    if not isinstance(cell, dict):
        return ""
    said = _rich_text(cell, names) if cell.get("type") == "rich_text" else literal(str(cell.get("text") or ""))
    if not said and "value" in cell:
        said = literal(str(cell["value"]))
    return said.replace("|", "\\|").replace("\n", "<br>")


def _rich_text(block: Json, names: MentionNames) -> str:
    """Sections, lists, quotes and code, as they were typed; lists that belong together stay together."""
    pieces: list[str] = []
    lists = 0
    for part in records(block.get("elements")):
        kind = part.get("type")
        if kind == "rich_text_list":
            said = _list(part, names)
            if lists and pieces:
                pieces[-1] += f"\n{said}"
            else:
                pieces.append(said)
            lists += 1
            continue
        lists = 0
        said = _inline(part, names)
        if kind == "rich_text_preformatted":
            said = fenced(_verbatim(part, names), str(part.get("language") or ""))
        elif kind == "rich_text_quote":
            said = quoted(said)
        pieces.append(said.strip("\n"))
    return "\n\n".join(piece for piece in pieces if piece.strip())


def _list(part: Json, names: MentionNames) -> str:
    depth, number = _number(part.get("indent")), 1 + _number(part.get("offset"))
    lines = []
    for element in records(part.get("elements")):
        mark = f"{number}. " if part.get("style") == "ordered" else "- "
        said = _inline(element, names).strip("\n").replace("\n", f"\n{INDENT * depth}{' ' * len(mark)}")
        lines.append(f"{INDENT * depth}{mark}{said}")
        number += 1
    listed = "\n".join(lines)
    return quoted(listed) if part.get("border") else listed


def _inline(part: Json, names: MentionNames) -> str:
    return "".join(_styled(element, _element(element, names)) for element in records(part.get("elements")))


def _element(element: Json, names: MentionNames) -> str:
    match element.get("type"):
        case "link":
            return link(str(element.get("url") or ""), str(element.get("text") or ""))
        case "text":
            return str(element.get("text") or "") if _style(element, "code") else _said(element)
        case "date":
            return literal(
                mrkdwn.date(
                    element.get("timestamp"), str(element.get("format") or ""), str(element.get("fallback") or "")
                )
            )
    return literal(_mention(element, names))


def _mention(element: Json, names: MentionNames) -> str:
    match element.get("type"):
        case "user":
            said = "@" + (names.user(str(element.get("user_id") or "")) or "someone")
        case "usergroup":
            said = "@" + (names.group(str(element.get("usergroup_id") or "")) or "group").removeprefix("@")
        case "channel":
            said = "#" + (names.channel(str(element.get("channel_id") or "")) or "channel")
        case "broadcast":
            said = f"@{element.get('range') or 'channel'}"
        case "emoji":
            said = _emoji(element)
        case _:
            said = str(element.get("value") or element.get("text") or "")
    return said


def _emoji(element: Json) -> str:
    points = str(element.get("unicode") or "")
    try:
        return "".join(chr(int(point, 16)) for point in points.split("-")) if points else f":{element['name']}:"
    except (KeyError, ValueError, OverflowError):
        return f":{element.get('name') or 'emoji'}:"


def _said(element: Json) -> str:
    return literal(text.clean_text(str(element.get("text") or "")))


def _styled(element: Json, said: str) -> str:
    """The words with their style; white space at either end stays outside of it."""
    core = said.strip()
    if not core or ("\n" in core and not _style(element, "code")):
        return said
    marked = core
    if _style(element, "code") and element.get("type") == "text":
        marked = mrkdwn.code(text.clean_text(core))
    for style, mark in (("italic", "_"), ("bold", "**"), ("strike", "~~")):
        if _style(element, style):
            marked = f"{mark}{marked}{mark}"
    start = said.index(core)
    return said[:start] + marked + said[start + len(core) :]


def _style(element: Json, name: str) -> bool:
    style = element.get("style")
    return isinstance(style, dict) and bool(style.get(name))


def _verbatim(part: Json, names: MentionNames) -> str:
    """Code as it stands; a link in it is only its address."""
    return "".join(
        text.clean_text(str(element.get("text") or element.get("url") or "")) or _mention(element, names)
        for element in records(part.get("elements"))
    )


def _text(part: object, names: MentionNames) -> str:
    """A text object, or an image by what it shows."""
    if not isinstance(part, dict):
        return ""
    if part.get("type") == "image":
        return literal(str(part.get("alt_text") or ""))
    said = part.get("text")
    if isinstance(said, dict):
        return _text(said, names)
    return mrkdwn.to_markdown(str(said or ""), names) if part.get("type") == "mrkdwn" else literal(str(said or ""))


def _plain(part: object) -> str:
    return str(part.get("text") or "") if isinstance(part, dict) else ""


def _every_text(block: object) -> list[str]:
    if isinstance(block, list):
        return [said for part in block for said in _every_text(part)]
    if not isinstance(block, dict):
        return []
    own = block.get("text")
    found = [literal(own)] if isinstance(own, str) and own.strip() else []
    return found + [said for value in block.values() for said in _every_text(value)]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _lists(value: object) -> list[list[object]]:
    return [one for one in value if isinstance(one, list)] if isinstance(value, list) else []


def records(value: object) -> Sequence[Json]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


_KINDS: dict[str, Callable[[Json, MentionNames], str]] = {
    "actions": _actions,
    "context_actions": _actions,
    "context": _context,
    "header": _header,
    "image": _image,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
    "video": _video,
}
