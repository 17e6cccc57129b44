"""The widget in Chromium: bytes, time to the first paint of the chat and of an answer, work of the page, memory.

The page and a server that says what it is told run on loopback, so that what is measured is the widget. `cold`: the
chat's code is loaded by the click; `warm`: the pointer was over the button before. `--runs` repeats what is timed.
Times are medians, from the event until the frame after the change was painted. Work is what Chromium counts as the
page's tasks, of which script and layout.
"""

import argparse
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from playwright.sync_api import CDPSession, Page

from sandbox.wire import Wire, serve
from session_api.widget import bundle
from session_api.widget.appearance import Appearance
from tests.widget import kit
from tests.widget.kit import Chromium, page_with, visiting
from tests.widget.scripted import Cite, Pause, Scripted, Stage

LOOK = Appearance(title="Ask Acme", contact_email="help@acme.com")
SENTENCE = "You can **return** anything within 60 days, used or not. "
SHORT = [SENTENCE, Cite("Returns", "https://help.acme.com/1")]
TOKENS = 2000
PAINTED = """
window.painted = (event, found) => new Promise((done) => {
  addEventListener(event, () => {
    const from = performance.now();
    const look = () => {
      const node = document.querySelector("answerwell-chat").shadowRoot.querySelector(found);
      if (!node || !node.getClientRects().length || !node.textContent) return requestAnimationFrame(look);
      requestAnimationFrame(() => setTimeout(() => done(performance.now() - from)));
    };
    look();
  }, { capture: true, once: true });
});
window.longest = 0;
new PerformanceObserver((list) => list.getEntries().forEach((e) => { longest = Math.max(longest, e.duration); }))
  .observe({ type: "longtask", buffered: true });
"""

EXCHANGE = """
(question) => new Promise((done) => {
  const ends = Answerwell.on("answer", () => { ends(); done(); });
  Answerwell.ask(question);
})
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--exchanges", type=int, default=100)
    options = parser.parse_args()
    _sizes()
    stage = Stage(Scripted([SHORT]), LOOK)
    with ExitStack() as stack:
        site = stack.enter_context(kit.site())
        url = stack.enter_context(serve(Wire(stage.app)))
        browser = stack.enter_context(kit.browser())
        address = site.put("/", page_with(url))
        _opening(browser, address, options.runs)
        _answering(browser, address, options.runs)
        _long_answer(browser, address, stage)
        _memory(browser, address, options.exchanges)


def _sizes() -> None:
    loaded = bundle.loaded(LOOK.settings(hosted=False))
    told = {
        "version": "0",
        "release": bundle.release(loaded),
        "options": LOOK.launcher(),
        "launcher": LOOK.launcher_texts(),
    }
    launcher = bundle.asset(bundle.JAVASCRIPT, bundle.launcher(told))
    print(f"launcher (embed.js)                 {len(launcher.compressed):>8} bytes gzip, {len(launcher.body)} plain")
    for language in bundle.LANGUAGES:
        chat = loaded[f"panel-{language}.js"]
        whole = len(launcher.compressed) + len(chat.compressed)
        print(f"whole, in {language}                        {whole:>8} bytes gzip")


def _opening(browser: Chromium, address: str, runs: int) -> None:
    for manner in ("cold", "warm"):
        times = []
        for _ in range(runs):
            with visiting(browser.anew(), address, bundle.texts("en"), init=kit.OPENED + PAINTED) as chat:
                if manner == "warm":
                    with chat.page.expect_response("**/panel-en.js"):
                        chat.launcher.hover()
                    chat.page.wait_for_load_state("networkidle")
                times.append(_timed(chat.page, "click", ".panel", lambda: chat.launcher.dispatch_event("click")))
        _tell(f"click to first painted chat, {manner}", times)


def _answering(browser: Chromium, address: str, runs: int) -> None:
    times = []
    with visiting(browser.anew(), address, bundle.texts("en"), init=kit.OPENED + PAINTED) as chat:
        chat.open()
        for n in range(runs):
            chat.input.fill(f"Question {n}?")
            found = f".messages > :nth-child({2 * n + 2}).answer .body"
            times.append(_timed(chat.page, "keydown", found, lambda: chat.input.press("Enter")))
            chat.answers.nth(n).locator(".actions").wait_for()
    _tell("send to first token painted", times)


def _long_answer(browser: Chromium, address: str, stage: Stage) -> None:
    words = (SENTENCE * TOKENS).split(" ")[:TOKENS]
    breaks = {n: "\n\n- " if n % 120 == 60 else "\n\n" for n in range(0, TOKENS, 60)}
    said = [breaks.get(n, "") + word + " " for n, word in enumerate(words)]
    for rate in (100, None):
        pace = [Pause(1 / rate)] if rate else []
        stage.chat.answers = [[part for word in said for part in (word, *pace)]]
        with visiting(browser.anew(), address, bundle.texts("en"), init=kit.OPENED + PAINTED) as chat:
            chat.open()
            session = _session(chat.page)
            chat.page.evaluate("() => { longest = 0; }")
            before = _metrics(session)
            chat.send("Everything, please.")
            chat.answers.last.locator(".actions").wait_for(timeout=120_000)
            after = _metrics(session)
            spent = {
                name: 1000 * (after[name] - before[name])
                for name in ("TaskDuration", "ScriptDuration", "RecalcStyleDuration", "LayoutDuration")
            }
            longest = chat.page.evaluate("longest")
        how = f"at {rate} a second" if rate else "as fast as they come"
        print(
            f"{TOKENS} tokens {how:<24}{spent['TaskDuration']:>8.0f} ms of tasks, {spent['ScriptDuration']:.0f} script,"
            f" {spent['RecalcStyleDuration'] + spent['LayoutDuration']:.0f} style and layout; longest {longest:.0f} ms"
        )
    stage.chat.answers = [SHORT]


def _memory(browser: Chromium, address: str, exchanges: int) -> None:
    with visiting(browser.anew(), address, bundle.texts("en"), init=kit.OPENED) as chat:
        empty = _heap(chat.page)
        chat.page.evaluate("Answerwell.open()")
        opened = _heap(chat.page)
        for n in range(exchanges):
            chat.page.evaluate(EXCHANGE, f"Question {n}?")
        after = _heap(chat.page)
        chat.page.evaluate("Answerwell.destroy()")
        left = _heap(chat.page)
    for name, (heap, nodes) in {
        "page alone": empty,
        "chat open": opened,
        f"after {exchanges} exchanges": after,
        "destroyed": left,
    }.items():
        print(f"memory, {name:<28}{heap / 1e6:>8.1f} MB of script, {nodes} nodes")


def _timed(page: Page, event: str, found: str, act: Any) -> float:
    page.evaluate("([event, found]) => { window.took = painted(event, found); }", [event, found])
    act()
    return float(page.evaluate("took"))


def _metrics(session: CDPSession) -> dict[str, float]:
    return {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}


def _heap(page: Page) -> tuple[float, int]:
    session = _session(page)
    session.send("HeapProfiler.collectGarbage")
    metrics = _metrics(session)
    return metrics["JSHeapUsedSize"], int(metrics["Nodes"])


def _session(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return session


def _tell(what: str, times: Sequence[float]) -> None:
    worst = sorted(times)[int(0.9 * (len(times) - 1))]
    print(f"{what:<36}{statistics.median(times):>8.1f} ms, p90 {worst:.1f}, {len(times)} runs")


if __name__ == "__main__":
    main()
