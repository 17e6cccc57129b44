/* Layout: the panel with its header, the view and its footer, and the pages that take the conversation's place. */

import { contactPage } from "./contact.js";
import { button, element, iconButton, safeAddress } from "./dom.js";
import { historyPage } from "./history.js";
import { personButton } from "./message.js";

const PAGES = { history: historyPage, contact: contactPage };

/* `focus` puts the focus where the visitor goes on. `parts`: the elements of the other parts. */
export function layout(store, settings, { list, composer, announcer }) {
  const { texts, language } = settings;
  const bar = header(store, settings);
  const banner = element("div", { class: "banner", role: "status", hidden: true });
  const claim = claimQuestion(store, settings);
  const frame = element("div", { class: "frame", tabindex: "-1" }); // of OpenAI's element
  const footer = element("footer", {}, composer.node, footerBar(store, settings));
  const dialog = { class: "panel", part: "panel", role: "dialog", "aria-labelledby": "title", hidden: true };
  const inside = [bar.node, banner, claim, list.node, footer, announcer.node];
  const node = element("section", { ...dialog, lang: language, dir: texts.dir }, inside);
  let page = null;

  function drawPage(shown) {
    if (page) page.node.remove();
    page = shown && PAGES[shown.name](store, settings);
    bar.backButton.hidden = !page;
    if (page) list.node.append(page.node);
  }

  function drawFrame({ chatkit, page: over }) {
    for (const own of [bar.historyButton, bar.newChat]) own.hidden = chatkit;
    frame.hidden = Boolean(over);
    if (!chatkit) frame.remove();
    else if (!frame.isConnected) list.node.append(frame);
  }

  function update(state, before) {
    node.hidden = !state.open;
    if (state.online !== before.online) {
      banner.hidden = state.online;
      banner.textContent = state.online ? "" : texts.offlineNote;
    }
    claim.hidden = !state.unclaimed;
    if (state.unclaimed && !before.unclaimed) store.dispatch("announce", settings.texts.claimAsk);
    if (state.page !== before.page) drawPage(state.page);
    else if (page && page.update) page.update(state, before);
    if (state.page !== before.page || state.chatkit !== before.chatkit) drawFrame(state);
  }

  /* Where the visitor goes on. On a phone the keyboard comes when it is asked for, not over what there is to read. */
  function focus({ chatkit }) {
    if (page) page.node.querySelector("h3").focus();
    else if (chatkit) frame.focus();
    else if (settings.phone.matches && matchMedia("(pointer: coarse)").matches) bar.title.focus();
    else composer.input.focus();
  }

  return { node, frame, focus, update };
}

/* Whoever signs in at a shared computer is asked before they see what somebody else may have written. */
function claimQuestion(store, { texts }) {
  const yes = button("button", () => store.dispatch("claim", true), texts.claimYes);
  const no = button("button quiet", () => store.dispatch("claim", false), texts.claimNo);
  const row = element("div", { class: "row" }, yes, no);
  return element("div", { class: "banner", role: "group", "aria-label": texts.claimAsk, hidden: true }, texts.claimAsk, row);
}

function header(store, { texts, options, base, dismiss }) {
  const address = safeAddress(options.logo && new URL(options.logo, base).href);
  const logo = address && element("img", { class: "logo", alt: "", src: address, onerror: () => logo.remove() });
  const title = element("h2", { id: "title", tabindex: "-1" }, options.title || "Chat");
  const backButton = iconButton("back", texts.back, () => store.dispatch("showPage", null), { hidden: true });
  const historyButton = iconButton("clock", texts.history, () => store.dispatch("showPage", "history"));
  const newChat = iconButton("compose", texts.new, () => store.dispatch("newChat"));
  const close = iconButton("close", texts.close, () => dismiss());
  const node = element("header", { part: "header" }, backButton, logo, title, historyButton, newChat, close);
  return { node, title, backButton, historyButton, newChat };
}

function footerBar(store, { texts, options }) {
  const person = personButton("person", store, texts.person);
  return element("div", { class: "footer-bar" }, person, element("span", {}, options.disclaimer || texts.disclaimer));
}
