"""The fake Docs API: tabs, suggestions as asked for, and the shapes of its errors."""

from collections.abc import Iterator

import pytest

from sandbox.google.bodies import CHECKBOXES, Body, cell, from_markdown, paragraph, run, tab, table
from sandbox.google.tree import Tree
from tests.sandbox.google_kit import Office, office

MARKDOWN = """\
# Title

Text with **bold**, *italic*, ~~old~~, `code` and a [link](https://acme.test).

1. one
   - inner
2. two

| A | B |
|---|---|
| 1 | 2 |

```
line
```

---
"""


@pytest.fixture
def drive() -> Iterator[Office]:
    with office() as served:
        yield served


def test_documents_of_markdown_and_of_tabs_fit_the_schema(drive: Office) -> None:
    body = Body()
    checks = body.new_list(CHECKBOXES)
    body.footnotes["kix.f"] = {"footnoteId": "kix.f", "content": [paragraph(run(" note"))]}
    body.content = [
        paragraph(run("Buy"), bullet=(checks, 0)),
        paragraph(run("see"), {"footnoteReference": {"footnoteId": "kix.f", "footnoteNumber": "1"}}),
        table([[cell(paragraph(run("a")), columns=2), cell()]]),
    ]
    written = drive.sandbox.put_doc("Written", MARKDOWN)
    built = drive.sandbox.put_doc("Built", [tab("t.0", "One", body, [tab("t.1", "Two", Body())])])

    for document in (written, built):
        drive.read("Document", f"/v1/documents/{document}", includeTabsContent="true")
        drive.read("Document", f"/v1/documents/{document}")


def test_only_who_asks_for_tabs_gets_them(drive: Office) -> None:
    tabs = [tab("t.0", "One", from_markdown("first"), [tab("t.1", "Below", from_markdown("below"))])]
    document = drive.sandbox.put_doc("Doc", tabs)

    without = drive.get(f"/v1/documents/{document}")
    asked = drive.get(f"/v1/documents/{document}", includeTabsContent="true")

    assert "below" not in without.text
    assert "body" in without.json()
    assert "body" not in asked.json()
    [child] = asked.json()["tabs"][0]["childTabs"]
    assert child["tabProperties"] == {
        "tabId": "t.1", "title": "Below", "index": 0, "nestingLevel": 1, "parentTabId": "t.0"
    }  # fmt: skip


def test_suggestions_are_text_to_an_editor_who_does_not_ask_otherwise(drive: Office) -> None:
    proposed = paragraph(
        run("old", suggestedDeletionIds=["s1"]), run("new", suggestedInsertionIds=["s2"]), run(" words")
    )
    body = Body([proposed], inline_objects={"o1": {"objectId": "o1", "suggestedInsertionId": "s2"}, "o2": {}})
    document = drive.sandbox.put_doc("Doc", [tab("t.0", "One", body)], editor=True)

    def text(mode: str | None) -> str:
        asked = {"suggestionsViewMode": mode} if mode else {}
        return drive.get(f"/v1/documents/{document}", includeTabsContent="true", **asked).text

    assert "old" in text(None)
    assert "new" in text(None)
    assert "suggestedInsertionIds" in text(None)
    preview = text("PREVIEW_WITHOUT_SUGGESTIONS")
    assert "new" not in preview
    assert "old" in preview
    assert "suggested" not in preview
    assert "o2" in preview
    assert "o1" not in preview
    assert "old" not in text("PREVIEW_SUGGESTIONS_ACCEPTED")


def test_some_documents_refuse_a_preview(drive: Office) -> None:
    document = drive.sandbox.put_doc("Doc", "a")
    drive.sandbox.world.preview_refused.add(document)

    refused = drive.get(f"/v1/documents/{document}", suggestionsViewMode="PREVIEW_WITHOUT_SUGGESTIONS")

    assert (refused.status_code, refused.json()["error"]["status"]) == (403, "PERMISSION_DENIED")
    assert drive.get(f"/v1/documents/{document}").status_code == 200


def test_errors_have_the_shape_of_docs_not_of_drive(drive: Office) -> None:
    sheet = drive.sandbox.put_sheet("Sheet", {"One": []})
    anonymous = drive.client.get(f"{drive.url}/v1/documents/x")
    answers = [drive.get("/v1/documents/x"), drive.get(f"/v1/documents/{sheet}"), anonymous]
    drive.sandbox.limits.docs = 0
    answers.append(drive.get("/v1/documents/x"))

    assert [answer.status_code for answer in answers] == [404, 400, 401, 429]
    assert not any("errors" in answer.json()["error"] for answer in answers)
    assert "retry-after" not in answers[3].headers
    assert drive.get("/v1/documents/x", tabs="all").status_code == 429


def test_every_edit_is_offered_by_the_sandbox(drive: Office) -> None:
    assert {name for name in vars(Tree) if not name.startswith("_")} <= set(vars(drive.sandbox))
