/* One question or answer as it is shown, with its sources and what can be done about it. */

import { button, copy, dateOf, element, icon, iconButton, link, safeAddress } from "./dom.js";
import { isRatable, isStreaming, textOf, withSources } from "./conversation.js";
import { drawing } from "./markdown.js";

const DRAWN_EVERY = 40; // milliseconds: smooth to the eye, and cheap for long answers

export class Message {
  constructor(entry, store, { texts, language }) {
    this.entry = entry;
    this.store = store;
    this.texts = texts;
    this.language = language;
    this.sources = [];
    this.body = element("div", { class: "body", dir: "auto" });
    this.foot = element("div", { class: "foot" });
    const speaker = { question: texts.you, answer: texts.they, notice: entry.title || texts.notice }[entry.role];
    const name = element("h3", { class: "visually-hidden" }, speaker);
    this.node = element("article", { class: `message ${entry.role}`, part: entry.role }, name, this.body, this.foot);
    this.draw = drawing(this.body, {
      texts,
      citation: (number) => this.mark(number),
      copy: (text, copyButton) => this.copyText(text, copyButton),
    });
    this.due = 0;
    this.shown = "";
    this.show();
  }

  update(entry) {
    if (entry === this.entry) return;
    this.entry = entry;
    this.show();
  }

  /* Text that streams in is drawn at most once in a while; a beginning, which takes the place of the progress, and an
     end are drawn at once. */
  show() {
    if (!isStreaming(this.entry) || !this.shown) this.paint();
    else if (!this.due) this.due = setTimeout(() => requestAnimationFrame(() => this.paint()), DRAWN_EVERY);
  }

  paint() {
    clearTimeout(this.due);
    this.due = 0;
    this.node.dataset.state = this.entry.state;
    if (this.entry.role === "question") this.paintQuestion();
    else this.paintAnswer();
  }

  paintQuestion() {
    const { error } = this.entry;
    if (this.body.textContent !== textOf(this.entry)) this.body.textContent = textOf(this.entry);
    if (this.shownError === error) return;
    this.shownError = error;
    this.foot.replaceChildren(...(error ? [this.errorBox()] : []));
  }

  paintAnswer() {
    const { state, error, rated, person } = this.entry;
    const open = isStreaming(this.entry);
    const { text, sources } = withSources(this.entry);
    const changed = text !== this.shown || !open;
    this.shown = text;
    this.sources = sources;
    this.node.hidden = open && !text;
    if (changed) this.draw(text, { open });
    if (!open && (this.footed !== state || this.shownError !== error || this.offered !== person)) this.paintFoot();
    for (const choice of this.foot.querySelectorAll("[data-kind]"))
      choice.setAttribute("aria-pressed", String(choice.dataset.kind === rated));
  }

  paintFoot() {
    const { role, state, error, person } = this.entry;
    this.footed = state;
    this.shownError = error;
    this.offered = person;
    if (role === "notice") return;
    const note = state === "stopped" && element("p", { class: "aside" }, this.texts.stopped);
    const way = person && element("div", { class: "row" }, personButton("button", this.store, person));
    const parts = [note, this.sourceList(), way, state === "done" && this.actions(), error && this.errorBox()];
    this.foot.replaceChildren(...parts.filter(Boolean));
  }

  errorBox() {
    const { error, key } = this.entry;
    return errorBox(error, this.store, this.texts, () => this.store.dispatch("retry", key));
  }

  /* A number in the text that leads to its source. */
  mark(number) {
    const source = this.sources[number - 1];
    const address = source && addressOf(source);
    const label = `${this.texts.source} ${number}: ${source ? source.title : ""}`;
    return element(
      "sup",
      {},
      address
        ? link(address, { class: "cite", "aria-label": label, title: label }, String(number))
        : element("span", { class: "cite", title: label }, String(number)),
    );
  }

  sourceList() {
    if (!this.sources.length) return null;
    const rows = this.sources.map((source, at) => {
      const address = addressOf(source);
      const title = source.title || source.filename || address;
      const name = [
        element("span", { class: "number", "aria-hidden": "true" }, String(at + 1)),
        element("span", { class: "title", dir: "auto" }, title),
      ];
      const opened = element("span", { class: "visually-hidden" }, ` (${this.texts.newTab})`);
      const age = this.age(source);
      return element(
        "li",
        {},
        address
          ? link(address, { class: "source", part: "source" }, name, opened, icon("link"))
          : element("span", { class: "source" }, name),
        age && element("p", { class: "age" }, age),
      );
    });
    return element(
      "section",
      { class: "sources", part: "sources", "aria-label": this.texts.sources },
      element("p", { class: "label", "aria-hidden": "true" }, this.texts.sources),
      element("ol", {}, rows),
    );
  }

  age({ timestamp, description }) {
    const day = dateOf(timestamp, this.language);
    return day ? this.texts.updated.replace("{date}", day) : description;
  }

  actions() {
    const { texts } = this;
    const rate = (name, kind, label) => iconButton(name, label, () => this.rate(kind), { "data-kind": kind });
    const whole = iconButton("copy", texts.copyAnswer, () => this.copyText(textOf(this.entry), whole));
    const retry = () => this.store.dispatch("retry", this.entry.key);
    const ratable = isRatable(this.entry);
    const row = element(
      "div",
      { class: ratable ? "actions" : "actions quiet" },
      ratable && rate("up", "positive", texts.helpful),
      ratable && rate("unhelpful", "negative", texts.unhelpful),
      whole,
      ratable && iconButton("retry", texts.again, retry, { class: "icon-button again" }),
    );
    this.comment = element("div", { class: "comment" });
    this.note = element("p", { class: "aside", tabindex: "-1", hidden: true });
    return element("div", {}, row, this.comment, this.note);
  }

  async rate(kind) {
    this.comment.replaceChildren(...(kind === "negative" ? [this.commentForm()] : []));
    if (kind === "negative") this.comment.querySelector("textarea").focus();
    const problem = await this.store.dispatch("rate", this.entry.key, kind);
    if (problem || kind === "positive") this.acknowledge(problem);
  }

  /* Thanks, or what kept the rating from being counted. */
  acknowledge(problem) {
    this.note.textContent = problem || this.texts.thanks;
    this.note.hidden = false;
    this.store.dispatch("announce", this.note.textContent);
  }

  commentForm() {
    const { texts } = this;
    const attributes = { rows: "2", maxlength: "1000", "aria-label": texts.comment, placeholder: texts.comment };
    const text = element("textarea", attributes);
    const onsubmit = async (event) => {
      event.preventDefault();
      const comment = text.value.trim();
      const problem = comment && (await this.store.dispatch("rate", this.entry.key, "negative", comment));
      this.acknowledge(problem);
      if (problem) return;
      this.comment.replaceChildren();
      this.note.focus();
    };
    const send = element("button", { class: "button", type: "submit" }, texts.sendComment);
    return element("form", { onsubmit }, text, send);
  }

  async copyText(text, copyButton) {
    const done = await copy(text);
    this.store.dispatch("announce", done ? this.texts.copied : this.texts.notCopied);
    copyButton.classList.toggle("done", done);
    setTimeout(() => copyButton.classList.remove("done"), 2000);
  }
}

/* What went wrong, in words that say what to do, and the way to do it. */
export function errorBox(error, store, texts, retry) {
  const { code = "failed", message, wait = 0, final } = error;
  const text = code === "said" ? message : texts[code] || texts.failed;
  const line = element("p", { dir: "auto" });
  const hopeless = ["blocked", "hosted", "long"].includes(code) || final;
  const again = hopeless ? null : button("button", retry, icon("retry"), texts.retry);
  countDown(line, text, wait, again, texts.waited);
  const person = code === "stopped" ? null : personButton("button quiet", store, texts.person);
  return element(
    "div",
    { class: "error-box", "data-code": code, role: "group" },
    line,
    element("div", { class: "row" }, again, person),
  );
}

/* A button that opens the contact. */
export function personButton(kind, store, label) {
  return button(kind, () => store.dispatch("showPage", "contact"), icon("person"), label);
}

/* A limit ends by itself: the button waits with the visitor. */
function countDown(line, text, wait, again, waited) {
  const end = performance.now() + wait * 1000;
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1000);
    line.textContent = left > 0 ? text.replace("{seconds}", left) : wait ? waited : text;
    if (again) again.disabled = left > 0;
    if (left > 0) setTimeout(tick, 1000);
  };
  tick();
}

function addressOf(source) {
  return safeAddress(source.url || (source.data && (source.data.url || source.data.href)) || "");
}
