"""From a changed article to a search that returns it: median and worst of `--edits`, in a running `answerwell up`.

Each edit is told by a wake-up, as a webhook does, and the OpenAI-compatible server is searched until it finds the new
words. The ratio is the median over what the same edit costs with nothing but the calls it cannot do without: one of the
source's changes, an upload, and an attachment, one after the other.
"""

import argparse
import statistics
import time

import httpx2

from bench._living import living
from tests.cli.kit import Company
from tests.workers.kit import Running, eventually

KEY = {"Authorization": "Bearer sk-sandbox"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--edits", type=int, default=50)
    parser.add_argument("--articles", type=int, default=100, help="in the help center (100)")
    asked = parser.parse_args()
    with living(asked.articles) as (acme, running):
        eventually(lambda: sum(map(len, acme.titles())) == 2 * asked.articles)
        store = running.get("/api/admin/status")["indexes"][0]["store"]
        article = acme.zendesk.put_article(title="Edited again and again", body="<p>first words</p>")
        seconds = sorted(fresh(acme, running, store, article, number) for number in range(asked.edits))
        bare = statistics.median(alone(acme, number) for number in range(10))
    print(f"{asked.edits} edits: median {statistics.median(seconds):.2f} s, worst {seconds[-1]:.2f} s")
    print(f"the calls alone: {bare:.2f} s")
    print(f"ratio {statistics.median(seconds) / bare:.1f}")


def fresh(acme: Company, running: Running, store: str, article: int, number: int) -> float:
    """Edit the article; return the seconds until it is found by its new word."""
    word = f"zyx{number}qw"
    began = time.monotonic()
    acme.zendesk.put_article(id=article, body=f"<p>The word is {word}.</p>")
    running.post("/api/admin/sources/help-center/sync")
    while not any(word in str(hit["content"]) for hit in acme.search(store, word)):
        if time.monotonic() - began > 60:
            raise SystemExit(f"edit {number} is not found after a minute\n" + "\n".join(running.said[-20:]))
        time.sleep(0.01)
    return time.monotonic() - began


def alone(acme: Company, number: int) -> float:
    """The calls that an edit cannot do without, and nothing else."""
    url = f"{acme.openai_url}/v1"
    store = httpx2.post(f"{url}/vector_stores", json={"name": "alone"}, headers=KEY).json()["id"]
    began = time.monotonic()
    sent = {"file": ("alone.md", f"# Alone\n\nwords {number}".encode(), "text/markdown")}
    file = httpx2.post(f"{url}/files", data={"purpose": "assistants"}, files=sent, headers=KEY).json()["id"]
    httpx2.post(f"{url}/vector_stores/{store}/files", json={"file_id": file}, headers=KEY).raise_for_status()
    while httpx2.get(f"{url}/vector_stores/{store}/files/{file}", headers=KEY).json()["status"] != "completed":
        time.sleep(0.01)
    return time.monotonic() - began


if __name__ == "__main__":
    main()
