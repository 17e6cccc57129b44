/* Where a question is written: it grows with its text, keeps a draft, and sends or stops. */

import { element, icon } from "./dom.js";

export const LONGEST = 4000; // characters of one question

export class Composer {
  constructor(panel) {
    this.panel = panel;
    this.draft = `${panel.key}:draft`;
    const { texts } = panel;
    this.input = element("textarea", {
      rows: "1",
      maxlength: String(LONGEST),
      enterkeyhint: "send",
      "aria-label": texts.placeholder,
      placeholder: texts.placeholder,
      oninput: () => this.typed(),
      onkeydown: (event) => this.pressed(event),
    });
    this.input.value = panel.tab.getItem(this.draft) || "";
    this.go = element("button", { type: "submit", class: "go", part: "send" });
    const onsubmit = (event) => this.submit(event);
    this.form = element("form", { class: "composer", part: "composer", onsubmit }, this.input, this.go);
  }

  focus() {
    this.input.focus();
  }

  typed() {
    this.panel.tab.setItem(this.draft, this.input.value);
    this.update();
  }

  update() {
    const { talk, texts } = this.panel;
    const { input, go } = this;
    input.dir = input.value ? "auto" : texts.dir;
    input.style.height = "auto";
    input.style.height = `${input.scrollHeight}px`;
    const stops = talk.answering && talk.mayStop;
    const name = stops ? "stop" : "send";
    if (go.dataset.does !== name) {
      go.dataset.does = name;
      go.setAttribute("aria-label", texts[name]);
      go.replaceChildren(icon(name));
    }
    go.setAttribute("aria-disabled", String(!stops && (talk.answering || !input.value.trim())));
  }

  /* Enter sends; with Shift, and while a word is being composed of several keys, it is what it always is. */
  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!this.panel.talk.answering) this.submit(event);
  }

  submit(event) {
    event.preventDefault();
    const { talk } = this.panel;
    const text = this.input.value.trim();
    if (talk.answering) {
      if (talk.mayStop) talk.stop();
    } else if (text) {
      this.input.value = "";
      this.typed();
      this.panel.ask(text);
    } else this.focus();
  }
}
