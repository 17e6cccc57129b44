"""Every state of the widget as a picture: `python -m tests.widget.pictures docs/images`, to be looked at one by one."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from chatkit.types import ProgressUpdateEvent

from sandbox.wire import Fault, Wire, serve
from session_api.widget import bundle
from session_api.widget.appearance import Appearance
from tests.widget import kit
from tests.widget.kit import Chat, Chromium, visiting
from tests.widget.reply_pictures import CONVERSATIONS, PHONE, service, talked
from tests.widget.scripted import Break, Cite, Gate, Scripted, Stage

QUESTION = "How many days do I have to send a product back?"
RETURNS = Cite("Sending a product back", "https://help.acme.com/articles/1050")
REFUNDS = Cite("How and when refunds arrive", "https://help.acme.com/articles/1051", "2026-11-24T08:00:00+00:00")
ANSWER: list[Any] = [
    "You can return anything within **60 days** of delivery, used or not",
    RETURNS,
    ". Here is how:\n\n",
    "1. Open *Orders* in the app and choose **Return**\n2. Print the label\n   - or show the code at the counter\n",
    "3. Hand the parcel in\n\nThe money is back in 3 to 5 working days",
    REFUNDS,
    ".",
]
TECHNICAL: list[Any] = [
    "Hold the button for ten seconds, or reset it from a computer",
    Cite("Resetting your purifier", "https://help.acme.com/articles/1060"),
    ":\n\n```sh\nacme-air reset --device living-room --keep-wifi\n```\n\nWhat the light tells afterwards:\n\n",
    "| Light | Meaning |\n|---|---|\n| white | ready |\n| orange, blinking | not connected |\n| red | call us |\n",
]
ARABIC: list[Any] = [
    "يمكنك إرجاع أي منتج خلال **60 يومًا** من التسليم",
    Cite("إرجاع منتج", "https://help.acme.com/articles/1050"),
    ":\n\n1. افتح *الطلبات* في التطبيق\n2. اختر **إرجاع**\n3. سلّم الطرد",
]
LOOK = Appearance(
    title="Ask Acme Air",
    starters=[QUESTION, "What does a blinking orange light mean?", "How often should the filter be replaced?"],
    contact_email="help@acme.com",
    contact_url="https://acme.com/contact",
)
FORM = Appearance(title="Ask Acme Air", accent="#146c43", contact_form="https://acme.com/contact")
SCREEN: dict[str, Any] = {"viewport": {"width": 1120, "height": 760}, "reduced_motion": "reduce"}
ANYWHERE = {"access-control-allow-origin": "*", "retry-after": "40", "access-control-expose-headers": "retry-after"}
IN_LANGUAGE = """
new MutationObserver((_, observer) => {
  if (!document.documentElement) return;
  document.documentElement.lang = "LANG";
  observer.disconnect();
}).observe(document, { childList: true });
"""
Scene = Callable[[Chat, Stage, Wire], None]


def start(chat: Chat, stage: Stage, wire: Wire) -> None:
    chat.open()


def closed(chat: Chat, stage: Stage, wire: Wire) -> None:
    chat.launcher.wait_for()


def answered(chat: Chat, stage: Stage, wire: Wire) -> None:
    chat.open().ask(QUESTION)


def technical(chat: Chat, stage: Stage, wire: Wire) -> None:
    stage.chat.answers = [TECHNICAL]
    chat.open().ask("How do I reset my purifier?")


def searching(chat: Chat, stage: Stage, wire: Wire) -> None:
    stage.chat.answers = [[ProgressUpdateEvent(text="Searching the help pages…"), Gate()]]
    chat.open().send(QUESTION)
    chat.panel.get_by_text("Searching the help pages…").first.wait_for()


def answering(chat: Chat, stage: Stage, wire: Wire) -> None:
    stage.chat.answers = [[*ANSWER[:4], Gate()]]
    chat.open().send(QUESTION)
    chat.last.get_by_text("Print the label").wait_for()


def commenting(chat: Chat, stage: Stage, wire: Wire) -> None:
    answered(chat, stage, wire)
    chat.button("unhelpful").click()
    chat.panel.get_by_role("textbox", name=chat.words["comment"]).fill("From Norway, too?")
    chat.panel.locator(".comment").scroll_into_view_if_needed()


def history(chat: Chat, stage: Stage, wire: Wire) -> None:
    chat.open()
    for question in ("How do I cancel my filter subscription?", "What does a blinking orange light mean?", QUESTION):
        chat.button("new").click()
        chat.ask(question)
    chat.button("history").click()
    chat.panel.locator(".threads li").nth(2).wait_for()


def deleting(chat: Chat, stage: Stage, wire: Wire) -> None:
    history(chat, stage, wire)
    chat.panel.locator(".threads .icon-button").nth(1).click()


def claiming(chat: Chat, stage: Stage, wire: Wire) -> None:
    stage.unclaimed = 2
    chat.page.evaluate("Answerwell.identify('signed-for-ann')")
    chat.open()
    chat.button("claimYes").wait_for()


def contact(chat: Chat, stage: Stage, wire: Wire) -> None:
    answered(chat, stage, wire)
    chat.button("person").click()
    chat.panel.locator("summary").click()


def stopped(chat: Chat, stage: Stage, wire: Wire) -> None:
    answering(chat, stage, wire)
    chat.button("stop").click()


def cut(chat: Chat, stage: Stage, wire: Wire) -> None:
    stage.chat.answers = [[*ANSWER[:3], Break(politely=True)]]
    chat.open().send(QUESTION)
    chat.error("cut").wait_for()


def down(chat: Chat, stage: Stage, wire: Wire) -> None:
    wire.fail(Fault(path="^/api/", method="POST", times=None, status=503, headers=ANYWHERE))
    chat.open()
    chat.error("down").wait_for()


def limited(chat: Chat, stage: Stage, wire: Wire) -> None:
    answered(chat, stage, wire)
    wire.fail(Fault(path="^/chatkit", method="POST", status=429, headers=ANYWHERE))
    chat.send("And from Norway?")
    chat.error("limited").wait_for()


def blocked(chat: Chat, stage: Stage, wire: Wire) -> None:
    wire.fail(Fault(path="^/api/", method="POST", status=403, headers=ANYWHERE))
    chat.open()
    chat.error("blocked").wait_for()


def offline(chat: Chat, stage: Stage, wire: Wire) -> None:
    answered(chat, stage, wire)
    chat.page.context.set_offline(True)
    chat.send("And from Norway?")
    chat.error("offline").wait_for()


def unloadable(chat: Chat, stage: Stage, wire: Wire) -> None:
    chat.page.context.set_offline(True)
    chat.launcher.click()
    chat.page.get_by_role("alert").wait_for()


def arabic(chat: Chat, stage: Stage, wire: Wire) -> None:
    stage.chat.answers = [ARABIC]
    chat.page.evaluate("() => { document.documentElement.lang = 'ar'; }")
    chat.open().ask("كم يومًا لديّ لإرجاع منتج؟")


SCENES: dict[str, tuple[Scene, Appearance, str, dict[str, Any]]] = {
    **{
        f"widget-{scene.__name__}": (scene, LOOK, "en", {})
        for scene in (
            closed,
            start,
            answered,
            technical,
            searching,
            answering,
            commenting,
            history,
            deleting,
            claiming,
            contact,
            stopped,
            cut,
            down,
            limited,
            blocked,
            offline,
            unloadable,
        )
    },
    "widget-form": (contact, FORM, "en", {}),
    "widget-dark": (answered, LOOK, "en", {"color_scheme": "dark"}),
    "widget-dark-start": (start, LOOK, "en", {"color_scheme": "dark"}),
    "widget-dark-technical": (technical, LOOK, "en", {"color_scheme": "dark"}),
    "widget-dark-limited": (limited, LOOK, "en", {"color_scheme": "dark"}),
    "widget-yellow-sharp": (
        answered,
        Appearance(title="Ask Bert", accent="#ffd400", radius="sharp", position="left"),
        "en",
        {},
    ),
    "widget-arabic": (arabic, Appearance(title="اسأل أكمي"), "ar", {}),
    "widget-german": (start, Appearance(title="Fragen Sie Acme", contact_email="hilfe@acme.com"), "de", {}),
    **{
        f"widget-claiming-{lang}": (claiming, Appearance(title=title), lang, {})
        for lang, title in (("de", "Fragen"), ("fr", "Questions"), ("es", "Preguntas"), ("ar", "اسأل"))
    },
    "widget-claiming-phone": (claiming, LOOK, "en", {**PHONE, "viewport": {"width": 320, "height": 568}}),
    "widget-claiming-dark": (claiming, LOOK, "en", {"color_scheme": "dark"}),
    "widget-phone-start": (start, LOOK, "en", PHONE),
    "widget-phone-answered": (answered, LOOK, "en", PHONE),
    "widget-phone-dark": (technical, LOOK, "en", {**PHONE, "color_scheme": "dark"}),
    "widget-phone-320": (answered, LOOK, "en", {**PHONE, "viewport": {"width": 320, "height": 568}}),
    "widget-zoom-200": (answered, LOOK, "en", {"viewport": {"width": 640, "height": 360}, "device_scale_factor": 2}),
}


@contextmanager
def demo(browser: Chromium, look: Appearance, lang: str, **context: Any) -> Iterator[tuple[Chat, Stage, Wire]]:
    """The demo page in that language, with the scripted server behind it."""
    stage = Stage(Scripted([ANSWER]), look)
    wire = Wire(stage.app)
    init = kit.OPENED + IN_LANGUAGE.replace("LANG", lang)
    with ExitStack() as stack:
        url = stack.enter_context(serve(wire))
        chat = stack.enter_context(visiting(browser, f"{url}/demo", bundle.texts(lang), init=init, **context))
        yield chat, stage, wire


def main(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scenes = {name: scene for name, scene in SCENES.items() if name in wanted or not wanted}
    talks = {name: talk for name, talk in CONVERSATIONS.items() if name in wanted or not wanted}
    with kit.browser() as browser, service() if talks else nullcontext("") as url:
        for name, (scene, look, lang, context) in scenes.items():
            with demo(browser, look, lang, **{**SCREEN, **context}) as (chat, stage, wire):
                scene(chat, stage, wire)
                draw(chat, folder / f"{name}.png")
        for name, (said, context) in talks.items():
            with talked(browser, url, said, **{**SCREEN, **context}) as chat:
                draw(chat, folder / f"{name}.png")


def draw(chat: Chat, path: Path) -> None:
    chat.page.mouse.move(5, 5)
    chat.page.evaluate("() => document.fonts.ready")
    chat.page.screenshot(path=path, animations="disabled", caret="hide")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
