/* Composer: where a question is written. It grows with its text, keeps a draft, and sends or stops. */

import { MAX_QUESTION } from "./actions.js";
import { isAnswering } from "./conversation.js";
import { element, icon } from "./dom.js";

export function composer(store, { texts, key, tab }) {
  const draft = `${key}:draft`;
  const input = element("textarea", {
    rows: "1",
    maxlength: String(MAX_QUESTION),
    enterkeyhint: "send",
    "aria-label": texts.placeholder,
    placeholder: texts.placeholder,
    oninput: typed,
    onkeydown: pressed,
  });
  input.value = tab.getItem(draft) || "";
  const sendButton = element("button", { type: "submit", class: "send", part: "send" });
  const node = element("form", { class: "composer", part: "composer", onsubmit: submit }, input, sendButton);

  function typed() {
    tab.setItem(draft, input.value);
    fit();
    drawButton(store.getState());
  }

  function fit() {
    input.dir = input.value ? "auto" : texts.dir;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
  }

  function drawButton(state) {
    const answering = isAnswering(state);
    const name = answering && state.mayStop ? "stop" : "send";
    const disabled = String(name === "send" && (answering || !input.value.trim()));
    if (sendButton.getAttribute("aria-disabled") !== disabled) sendButton.setAttribute("aria-disabled", disabled);
    if (sendButton.dataset.does === name) return;
    sendButton.dataset.does = name;
    sendButton.setAttribute("aria-label", texts[name]);
    sendButton.replaceChildren(icon(name));
  }

  function update(state, before) {
    node.hidden = Boolean(state.page || state.chatkit);
    if (state.open !== before.open) fit();
    drawButton(state);
  }

  /* Enter sends; with Shift, and while a word is being composed of several keys, it is what it always is. */
  function pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!isAnswering(store.getState())) submit(event);
  }

  function submit(event) {
    event.preventDefault();
    const text = input.value.trim();
    if (isAnswering(store.getState())) {
      if (store.getState().mayStop) store.dispatch("stop");
    } else if (text) {
      input.value = "";
      typed();
      store.dispatch("ask", text);
    } else input.focus();
  }

  return { node, input, update };
}
