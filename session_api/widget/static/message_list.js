/* Message list: the conversation as it is read. What is being read stays where it is while an answer grows. */

import { button, element, iconButton } from "./dom.js";
import { errorBox, Message } from "./message.js";

const NEAR_END = 60; // pixels below what shows, from which on a button leads there
const MARGIN = 18; // pixels above a question that stands at the top

export function messageList(store, settings) {
  const { texts } = settings;
  const messages = new Map(); // by the key of their entry
  const list = element("div", { class: "messages" });
  const progress = element("p", { class: "progress", hidden: true });
  const room = element("div"); // what a question needs below it to stand at the top
  const start = welcome(store, settings);
  const spoken = { role: "log", "aria-live": "off", "aria-label": texts.conversation };
  const log = element("div", { class: "log", tabindex: "0", ...spoken }, start, list, progress, room);
  const latest = iconButton("down", texts.latest, toLatest, { class: "icon-button to-latest" });
  const node = element("div", { class: "view" }, log, latest);
  const sizes = new ResizeObserver(settle);
  for (const sized of [list, log]) sizes.observe(sized);
  log.addEventListener("scroll", drawLatest, { passive: true });
  let anchor = null; // the question that is being answered
  let refusal = null;

  function settle() {
    const needed = list.contains(anchor) ? log.clientHeight - 2 * MARGIN - list.offsetHeight + anchor.offsetTop : 0;
    room.style.height = `${Math.max(0, needed)}px`;
    drawLatest();
  }

  function drawLatest() {
    const below = log.scrollHeight - room.offsetHeight - log.scrollTop - log.clientHeight;
    latest.hidden = log.hidden || below < NEAR_END;
  }

  function toLatest() {
    log.scrollTop = log.scrollHeight;
    drawLatest();
  }

  /* While an answer is on its way, its question stands at the top and nothing that is being read moves. */
  function toTop(question) {
    anchor = messages.get(question).node;
    settle();
    log.scrollTop = list.offsetTop + anchor.offsetTop - MARGIN;
  }

  /* Returns whether nothing is left of what was shown before. */
  function drawEntries(entries) {
    const kept = new Set(entries.map((entry) => entry.key));
    for (const [key, message] of messages) {
      if (kept.has(key)) continue;
      message.node.remove();
      messages.delete(key);
    }
    const anew = !messages.size;
    for (const entry of entries) {
      if (messages.has(entry.key)) messages.get(entry.key).update(entry);
      else {
        const message = new Message(entry, store, settings);
        messages.set(entry.key, message);
        list.append(message.node);
      }
    }
    start.hidden = entries.length > 0;
    return anew;
  }

  function drawRefusal(error) {
    if (refusal) refusal.remove();
    refusal = error && errorBox(error, store, texts, () => store.dispatch("resume"));
    if (!refusal) return;
    refusal.classList.add("refusal");
    log.prepend(refusal);
  }

  function update(state, before) {
    const { entries, running } = state;
    log.hidden = Boolean(state.page || state.chatkit);
    if (state.refusal !== before.refusal) drawRefusal(state.refusal);
    if (state.progress !== before.progress) {
      progress.textContent = state.progress;
      progress.hidden = !state.progress;
    }
    if (entries !== before.entries && drawEntries(entries) && !running) toLatest();
    if (running && running.number !== (before.running || {}).number) toTop(running.question);
    if (log.hidden !== Boolean(before.page || before.chatkit)) drawLatest();
  }

  return { node, update, close: () => sizes.disconnect() };
}

function welcome(store, { texts, options, starters }) {
  const parts = [element("h3", {}, options.greeting || texts.greeting), element("p", {}, options.intro || texts.intro)];
  if (starters.length) {
    const questions = starters.map((text) => element("li", {}, starter(store, text)));
    parts.push(element("p", { class: "label", id: "starters" }, texts.starters));
    parts.push(element("ul", { "aria-labelledby": "starters" }, questions));
  }
  return element("div", { class: "start", part: "start" }, parts);
}

function starter(store, text) {
  const onclick = () => {
    store.dispatch("ask", text);
    store.dispatch("focus");
  };
  return button("starter", onclick, text);
}
