/* The chat's frame as elements, by the names that the panel knows them by. */

import { element, icon, iconButton, press, safeAddress } from "./dom.js";

export function drawFrame(panel) {
  const { texts, language, composer } = panel;
  const talk = conversation(panel);
  const banner = element("div", { class: "banner", role: "status", hidden: true });
  const live = element("div", { class: "unseen", "aria-live": "polite", "aria-relevant": "additions" });
  const bar = header(panel);
  const frame = { class: "panel", part: "panel", role: "dialog", "aria-labelledby": "title", hidden: true };
  const node = element(
    "section",
    { ...frame, lang: language, dir: texts.dir },
    bar.node,
    banner,
    talk.view,
    element("footer", {}, composer.form, below(panel)),
    live,
  );
  return { ...bar, ...talk, banner, live, node };
}

function header(panel) {
  const { texts, options } = panel;
  const address = safeAddress(options.logo && new URL(options.logo, panel.base).href);
  const logo = address && element("img", { class: "logo", alt: "", src: address, onerror: () => logo.remove() });
  const title = element("h2", { id: "title", tabindex: "-1" }, options.title || "Chat");
  const back = iconButton("back", texts.back, () => panel.conversation(), { hidden: true });
  const earlier = iconButton("clock", texts.history, () => panel.history());
  const anew = iconButton("compose", texts.new, () => panel.begin());
  const close = iconButton("close", texts.close, () => panel.dismiss());
  const node = element("header", { part: "header" }, back, logo, title, earlier, anew, close);
  return { node, title, back, earlier, anew };
}

function conversation(panel) {
  const { texts } = panel;
  const list = element("div", { class: "talk" });
  const waiting = element("p", { class: "progress", hidden: true });
  const room = element("div");
  const start = welcome(panel);
  const spoken = { role: "log", "aria-live": "off", "aria-label": texts.conversation };
  const log = element("div", { class: "log", tabindex: "0", ...spoken }, start, list, waiting, room);
  const newest = iconButton("down", texts.latest, () => panel.toLatest(), { class: "icon-button to-latest" });
  const view = element("div", { class: "view" }, log, newest);
  return { list, waiting, room, start, log, newest, view };
}

function welcome(panel) {
  const { texts, options } = panel;
  const parts = [element("h3", {}, options.greeting || texts.greeting), element("p", {}, options.intro || texts.intro)];
  const starters = panel.starters().map((text) => element("li", {}, starter(panel, text)));
  if (starters.length) {
    parts.push(element("p", { class: "label", id: "starters" }, texts.starters));
    parts.push(element("ul", { "aria-labelledby": "starters" }, starters));
  }
  return element("div", { class: "start", part: "start" }, parts);
}

function starter(panel, text) {
  const onclick = () => {
    panel.ask(text);
    panel.focus();
  };
  return press("starter", onclick, text);
}

function below(panel) {
  const { texts, options } = panel;
  const person = press("person", () => panel.person(), icon("person"), texts.person);
  return element("div", { class: "below" }, person, element("span", {}, options.disclaimer || texts.disclaimer));
}
