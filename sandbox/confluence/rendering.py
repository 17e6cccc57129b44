"""How the fake shows a body to a reader: includes expand with that reader's rights, which is what leaks."""

import re

from sandbox.confluence.records import Content, Site
from sandbox.confluence.visibility import sees

INCLUDE = re.compile(
    r'<ac:structured-macro[^>]*ac:name="include"[^>]*>.*?ri:content-title="(?P<title>[^"]*)".*?</ac:structured-macro>',
    re.DOTALL,
)
UNKNOWN = re.compile(
    r'<ac:structured-macro[^>]*ac:name="(?P<name>faq-list|decision-tree)"[^>]*?(?:/>|>.*?</ac:structured-macro>)',
    re.DOTALL,
)
FORMATS = frozenset(
    {"storage", "atlas_doc_format", "view", "export_view", "anonymous_export_view", "styled_view", "editor"}
)


def rendered(world: Site, content: Content, account: str) -> str:
    """Return the body as HTML. A macro of an app shows what no storage holds."""

    def include(match: re.Match[str]) -> str:
        found = next((c for c in world.of("page") if c.title == match["title"] and c.space == content.space), None)
        return rendered(world, found, account) if found is not None and sees(world, found, account) else ""

    def shown(match: re.Match[str]) -> str:
        return f'<div class="app">Rendered by {match["name"]} for {account or "a visitor"}</div>'

    return re.sub(r"</?(ac|ri):[^>]*>", "", UNKNOWN.sub(shown, INCLUDE.sub(include, content.storage)))
