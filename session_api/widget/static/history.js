/* Earlier conversations of this visitor: open one, or delete it. */

import { dated, element, iconButton, press } from "./dom.js";

const THREADS = 20;

export function historyPage(panel) {
  const list = element("ul", { class: "threads" });
  const more = press("button quiet", () => show(), panel.texts.more);
  more.hidden = true;
  const note = element("p", { class: "aside" }, panel.texts.thinking);
  let after = null;

  async function show() {
    try {
      const page = await panel.server.call("threads.list", { limit: THREADS, order: "desc", ...(after && { after }) });
      list.append(...page.data.map((thread) => row(panel, thread)));
      after = page.after;
      more.hidden = !(page.has_more && after);
      note.textContent = list.childElementCount ? "" : panel.texts.noHistory;
    } catch (trouble) {
      note.textContent = panel.worded(trouble);
    }
    note.hidden = !note.textContent;
    if (!note.hidden) panel.say(note.textContent);
  }

  show();
  return element("div", { class: "page" }, element("h3", { tabindex: "-1" }, panel.texts.history), note, list, more);
}

function row(panel, thread) {
  const { texts } = panel;
  const title = thread.title || texts.untitled;
  const open = press(
    "open",
    () => chosen(panel, thread.id),
    element("span", { dir: "auto" }, title),
    element("time", {}, dated(thread.created_at, panel.locale)),
  );
  const remove = iconButton("trash", `${texts.delete}: ${title}`, () => ask());
  const entry = element("li", {}, open, remove);

  function ask() {
    const yes = press("button", () => deleted(panel, thread.id, entry), texts.deleteAsk);
    const kept = () => {
      entry.replaceChildren(open, remove);
      remove.focus();
    };
    const no = press("button quiet", kept, texts.cancel);
    entry.replaceChildren(yes, no);
    yes.focus();
  }

  return entry;
}

async function chosen(panel, id) {
  panel.conversation();
  await panel.show(id).catch((trouble) => panel.failed(trouble));
}

async function deleted(panel, id, entry) {
  try {
    await panel.server.call("threads.delete", { thread_id: id });
  } catch (trouble) {
    if (trouble.code !== "gone") return panel.say(panel.worded(trouble));
  }
  const next = entry.nextElementSibling || entry.previousElementSibling;
  entry.remove();
  panel.say(panel.texts.deleted);
  if (panel.talk.thread && panel.talk.thread.id === id) panel.forget();
  return (next ? next.querySelector("button") : panel.page.querySelector("h3")).focus();
}
