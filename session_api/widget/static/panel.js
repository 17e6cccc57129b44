/* The chat: a store, and the parts that draw its state. `embed.js` mounts it and drives it by what this returns. */

import { createActions, INITIAL } from "./actions.js";
import { announcer } from "./announcer.js";
import { Server } from "./api.js";
import { composer } from "./composer.js";
import { layout } from "./layout.js";
import { messageList } from "./message_list.js";
import { mobileDialog } from "./mobile_dialog.js";
import { createStore } from "./store.js";
import { themed } from "./theme.js";
/* The server writes these behind the modules. */
import { CSS, SETTINGS, TEXTS } from "./written.js";

export async function mount(context) {
  const { base, language, adopt, given, root, proof, emit } = context;
  const options = { ...SETTINGS, ...given };
  const texts = { ...TEXTS, ...(options.texts || {})[language] };
  const key = `answerwell:${base}`;
  const local = context.storage("localStorage");
  const tab = context.storage("sessionStorage");
  const memory = threadMemory(local, tab, `${key}:thread`);
  const server = new Server({ base, local, proof, memory, onsession: (left) => store.dispatch("greet", left) });
  const store = createStore(INITIAL, createActions({ server, memory, texts, emit }));
  const settings = { ...context, options, texts, key, tab, starters: startersOf(options), server, memory };
  adopt(CSS);
  const drawn = drawParts(store, settings);
  root.append(drawn.panel);
  if (options.domainKey || options.mode === "hosted") loadChatkit(store, settings, drawn);

  return {
    open(focus) {
      store.dispatch("open");
      if (focus) store.dispatch("focus");
    },
    close: () => store.dispatch("close"),
    ask: (text) => store.dispatch("ask", text),
    identify: (token) => store.dispatch("identify", token),
    destroy() {
      drawn.end();
      store.dispatch("stop");
      server.close();
    },
  };
}

/* Every part of the chat, each told of every change in the order of their drawing. */
function drawParts(store, settings) {
  const { texts, phone, host, options, light, memory } = settings;
  const list = messageList(store, settings);
  const composing = composer(store, settings);
  const reader = announcer(texts);
  const whole = layout(store, settings, { list, composer: composing, announcer: reader });
  const dialog = mobileDialog(whole.node, phone);
  for (const part of [whole, dialog, list, composing, reader]) store.subscribe(part.update);
  store.subscribe((state, before) => moveFocus(whole, state, before));
  whole.node.addEventListener("keydown", (event) => keyPressed(event, store, settings, dialog));
  for (const type of ["keydown", "keyup", "keypress"]) whole.node.addEventListener(type, stopPropagation);
  const unlisten = listen([
    [window, "online", () => store.dispatch("connection", true)],
    [window, "offline", () => store.dispatch("connection", false)],
    [window, "storage", (event) => event.key === memory.key && store.dispatch("follow")],
    [window.visualViewport || window, "resize", dialog.fit],
    [window.visualViewport || window, "scroll", dialog.fit],
    [phone, "change", dialog.fit],
    themed(whole.node, host, options, light),
  ]);
  const end = () => {
    unlisten();
    list.close();
    dialog.lock(false);
  };
  return { panel: whole.node, frame: whole.frame, end };
}

function loadChatkit(store, settings, { panel, frame }) {
  const driver = import(`${settings.base}widget/${settings.release}/chatkit.js`)
    .then((module) => module.embed({ ...settings, store, panel, frame }))
    .catch(() => store.dispatch("leaveChatkit"));
  store.dispatch("showChatkit", driver);
}

/* The focus follows a page that opens or closes, and every request for it. */
function moveFocus({ focus }, state, before) {
  const asked = state.focus !== before.focus && state.open;
  if (asked || state.page !== before.page) focus(state);
}

/* What is typed here is no shortcut of the page. */
function stopPropagation(event) {
  event.stopPropagation();
}

function keyPressed(event, store, { dismiss, root }, dialog) {
  if (event.key === "Escape" && !event.isComposing) {
    event.preventDefault(); // a dialog of the page that the chat is in stays open
    if (store.getState().page) store.dispatch("showPage", null);
    else dismiss();
  }
  if (event.key === "Tab") dialog.keepFocus(event, root);
}

/* The thread that this browser is in, for its next page and its other tabs; and whether it was gone on with in this tab,
   since whoever sat here before may have left it. */
function threadMemory(local, tab, key) {
  return {
    key,
    keep(id, onlySeen) {
      local.setItem(key, JSON.stringify({ id, at: Date.now() }));
      if (!onlySeen) tab.setItem(key, id);
    },
    goesOn: () => tab.getItem(key) || "",
    forget() {
      local.removeItem(key);
      tab.removeItem(key);
    },
    thread() {
      try {
        return JSON.parse(local.getItem(key)).id;
      } catch {
        return null;
      }
    },
  };
}

function startersOf({ starters = [] }) {
  return (typeof starters === "string" ? starters.split("|") : starters).map((text) => text.trim()).filter(Boolean);
}

/* Returns what ends it. */
function listen(listeners) {
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener);
  return () => {
    for (const [target, type, listener] of listeners) target.removeEventListener(type, listener);
  };
}
