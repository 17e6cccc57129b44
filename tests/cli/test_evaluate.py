"""`answerwell evaluate`: saved questions put to the index, and what is wrong with their file."""

from pathlib import Path

import pytest

from tests.cli.kit import Company, Run

ARTICLES = {
    "Returns": "You may send anything back within 60 days of delivery. We pay for the parcel.",
    "Shipping": "Parcels to Norway take five working days and cost 12 euros.",
}


@pytest.fixture
def shop(acme: Company, run: Run) -> Company:
    acme.write(ARTICLES)
    assert run("sync").status == 0
    return acme


def write(acme: Company, *entries: str) -> Path:
    file = acme.folder / "questions.yaml"
    file.write_text("".join(f"- {entry}\n" for entry in entries), encoding="utf-8")
    return file


def address(run: Run, words: str) -> str:
    return str(run("search", words, "--json").json[0]["url"])


def test_it_measures_search_answers_and_abstentions(shop: Company, run: Run) -> None:
    returns, shipping = address(run, "send back"), address(run, "Norway")
    write(
        shop,
        f'{{question: "Who pays for the parcel?", documents: ["{returns}"], contains: ["We PAY for  the parcel"]}}',
        f'{{question: "What do parcels to Norway cost?", documents: ["{shipping}/"], contains: [six days]}}',
        '{question: "Does somebody repair violins on Sundays?", answerable: false}',
    )

    done = run("evaluate", "questions.yaml", "--json")
    table = run("evaluate", "questions.yaml")

    report = done.json
    assert done.status == 0
    assert report["recall"] == {"questions": 2, "at_1": 1.0, "at_5": 1.0, "at_10": 1.0, "mrr": 1.0}
    shares = report["answers"]
    assert (shares["answered"], shares["cited_right"], shares["contains_right"]) == (1.0, 1.0, 0.5)
    assert shares["abstained_right"] == 1.0
    assert [case["answer"]["right"] for case in report["cases"]] == [True, False, True]
    assert report["cases"][1]["answer"]["missing"] == ["six days"]
    assert "lacks “six days”" in table.out
    assert "recall@1 1.00 @5 1.00" in table.out


def test_unknown_documents_are_named_before_anything_is_asked(shop: Company, run: Run) -> None:
    returns = address(run, "send back")
    write(shop, f'{{question: a, documents: ["{returns[:-1]}"]}}', "{question: b, documents: [shop-wiki:7]}")
    shop.openai_wire.forget()

    done = run("evaluate", "questions.yaml")

    assert done.status == 1
    assert f'did you mean "{returns}"' in done.err
    assert 'line 2, question "b": no document "shop-wiki:7"; sync its source' in done.err
    assert shop.openai_wire.count(path=r"/(search|responses)", method="POST") == 0


def test_without_a_file_the_fix_is_said(shop: Company, run: Run) -> None:
    assert 'questions = "questions.yaml" for [[index]] "public"' in run("evaluate").err
    assert "gone.yaml" in run("evaluate", "gone.yaml").err


def test_below_least_recall_it_fails_and_search_only_asks_no_model(shop: Company, run: Run) -> None:
    returns = address(run, "send back")
    file = write(shop, f'{{question: "What do parcels to Norway cost?", documents: ["{returns}"]}}')
    index = f'[[index]]\nname = "public"\naudiences = ["public"]\nquestions = "{file.name}"\nleast_recall = '
    shop.openai_wire.forget()

    shop.configure(f"{index}0.0\n")
    reached = run("evaluate", "--search-only", "--json")
    shop.config.write_text(shop.config.read_text().replace("least_recall = 0.0", "least_recall = 0.9"))
    missed = run("evaluate", "--search-only")

    assert (reached.status, reached.json["answers"]) == (0, None)
    assert (missed.status == 0) == (reached.json["recall"]["at_5"] >= 0.9)
    assert shop.openai_wire.count(path=r"/v1/responses", method="POST") == 0


def test_a_reindex_is_measured_and_its_generation_can_be_compared(shop: Company, run: Run) -> None:
    returns = address(run, "send back")
    write(shop, f'{{question: "Who pays for the parcel?", documents: ["{returns}"]}}')
    shop.configure('[[index]]\nname = "public"\naudiences = ["public"]\nquestions = "questions.yaml"\n')
    before = run("evaluate", "--search-only", "--json").json["generation"]

    assert run("reindex", "public").status == 0
    done = run("evaluate", "--search-only", "--compare", str(before), "--json").json

    assert done["generation"] != before
    assert done["compared"]["generation"] == before
    assert done["compared"]["changes"] == {"gained": [], "lost": [], "moved": []}
    assert "there are:" in run("evaluate", "--search-only", "--compare", "99").err
