/* History: earlier conversations of this visitor, to open or to delete. */

import { button, dateOf, element, iconButton } from "./dom.js";

export function historyPage(store, { texts, language }) {
  const rows = new Map(); // by the id of their thread
  const list = element("ul", { class: "threads" });
  const more = button("button quiet", () => store.dispatch("moreThreads"), texts.more);
  const note = element("p", { class: "aside" });
  const heading = element("h3", { tabindex: "-1" }, texts.history);
  const node = element("div", { class: "page" }, heading, note, list, more);

  function draw({ list: threads, more: further, note: text }) {
    const kept = new Set(threads.map((thread) => thread.id));
    for (const id of rows.keys()) if (!kept.has(id)) remove(id);
    for (const thread of threads) if (!rows.has(thread.id)) add(thread);
    more.hidden = !further;
    note.textContent = text;
    note.hidden = !text;
  }

  function add(thread) {
    rows.set(thread.id, row(store, texts, language, thread));
    list.append(rows.get(thread.id));
  }

  /* The focus goes on to the next row. */
  function remove(id) {
    const gone = rows.get(id);
    const next = gone.nextElementSibling || gone.previousElementSibling;
    gone.remove();
    rows.delete(id);
    (next ? next.querySelector("button") : heading).focus();
  }

  draw(store.getState().threads);
  return { node, update: (state, before) => state.threads !== before.threads && draw(state.threads) };
}

function row(store, texts, language, thread) {
  const title = thread.title || texts.untitled;
  const open = button(
    "open",
    () => store.dispatch("openThread", thread.id),
    element("span", { dir: "auto" }, title),
    element("time", {}, dateOf(thread.created_at, language)),
  );
  const remove = iconButton("trash", `${texts.delete}: ${title}`, confirm);
  const node = element("li", {}, open, remove);

  function confirm() {
    const yes = button("button", () => store.dispatch("deleteThread", thread.id), texts.deleteAsk);
    const no = button("button quiet", keep, texts.cancel);
    node.replaceChildren(yes, no);
    yes.focus();
  }

  function keep() {
    node.replaceChildren(open, remove);
    remove.focus();
  }

  return node;
}
