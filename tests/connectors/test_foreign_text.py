"""Every pattern that meets foreign text takes time in proportion to its length: 100 KB of its worst cases each."""

import time
from collections.abc import Callable

import pytest

from connectors import encodings, file_types, hidden_text, html_cost, text
from connectors.confluence import storage, tree
from connectors.language import language_of
from connectors.slack import documents, mrkdwn

SIZE = 100_000
WORST = [
    *("`", "~", "[", "](", "*a", "<", "<!", "<![CDATA[", "&", "&a", "<a ", '<a "', "<a x=", "(", "\u200b", "a\u200b"),
    *("```", "[a](", "\n```", "---\n", "# ", "> ", ">>>", "\\", "<meta ", "<?xml ", "ri:userkey=", "display:", "x=y;"),
    *("\ue000", "1\ue001", "<@U1|", "<!date^", ":skin-tone-", "font-size:", "left:-", "\U000e0041", "😀\u200d", "a.b@"),
]
READERS: dict[str, Callable[[str], object]] = {
    "plain": text.from_plain,
    "Markdown": text.from_markdown,
    "HTML's cost": html_cost.is_cheap,
    "hidden letters": hidden_text.problem_of,
    "hidden words": hidden_text.speaks_to_a_model,
    "mrkdwn": lambda given: mrkdwn.to_markdown(given, mrkdwn.Ids()),
    "Slack's titles": documents.title_of,
    "accounts": storage.accounts_in,
    "storage": tree.words,
    "language": language_of,
    "bytes": lambda given: encodings.decode(given.encode()),
    "kinds": lambda given: file_types.kind_in(given.encode(), "doc"),
}


@pytest.mark.parametrize("name", READERS)
def test_no_text_of_100_kilobytes_takes_long(name: str) -> None:
    slow = []
    for piece in WORST:
        given = (piece * (SIZE // len(piece) + 1))[:SIZE]
        started = time.process_time()
        READERS[name](given)
        spent = time.process_time() - started
        slow += [(piece, spent)] if spent > 2 else []  # what is not linear takes minutes

    assert slow == []
