/* One question or answer as it is shown, with its sources and what can be done about it. */

import { copy, dated, element, icon, iconButton, link, press, safeAddress } from "./dom.js";
import { textOf, withSources } from "./conversation.js";
import { drawing } from "./markdown.js";

const DRAWN_EVERY = 40; // milliseconds: smooth to the eye, and cheap for long answers

export class Message {
  constructor(entry, panel) {
    this.entry = entry;
    this.panel = panel;
    this.sources = [];
    this.words = panel.texts;
    this.body = element("div", { class: "body", dir: "auto" });
    this.foot = element("div", { class: "foot" });
    const speaker = entry.role === "question" ? this.words.you : this.words.they;
    const name = element(
      "h3",
      { class: "unseen" },
      entry.role === "notice" ? entry.title || this.words.notice : speaker,
    );
    this.node = element("article", { class: `message ${entry.role}`, part: entry.role }, name, this.body, this.foot);
    const number = (n) => this.mark(n);
    this.draw = drawing(this.body, {
      texts: this.words,
      citation: number,
      copy: (text, button) => this.copied(text, button),
    });
    this.due = 0;
    this.shown = "";
    this.update();
  }

  /* Text that streams in is drawn at most once in a while; an end is drawn at once. */
  update() {
    if (this.entry.state !== "streaming") return this.paint();
    if (this.due) return undefined;
    const wait = this.shown ? DRAWN_EVERY : 0;
    this.due = setTimeout(() => requestAnimationFrame(() => this.paint()), wait);
    return undefined;
  }

  paint() {
    clearTimeout(this.due);
    this.due = 0;
    this.node.dataset.state = this.entry.state;
    if (this.entry.role === "question") this.paintQuestion();
    else this.paintAnswer();
  }

  paintQuestion() {
    if (this.body.textContent !== textOf(this.entry)) this.body.textContent = textOf(this.entry);
    const { trouble } = this.entry;
    if (this.shownTrouble === trouble) return;
    this.shownTrouble = trouble;
    this.foot.replaceChildren(...(trouble ? [this.trouble(trouble)] : []));
  }

  paintAnswer() {
    const open = this.entry.state === "streaming";
    const { text, sources } = withSources(this.entry);
    const changed = text !== this.shown || !open;
    this.shown = text;
    this.sources = sources;
    if (changed) this.draw(text, { open });
    if (!open && (this.footed !== this.entry.state || this.entry.trouble)) this.paintFoot();
  }

  paintFoot() {
    this.footed = this.entry.state;
    if (this.entry.role === "notice") return;
    const { state, trouble } = this.entry;
    const stopped = state === "stopped" && element("p", { class: "aside" }, this.words.stopped);
    const parts = [stopped, this.sourceList(), state === "done" && this.actions(), trouble && this.trouble(trouble)];
    this.foot.replaceChildren(...parts.filter(Boolean));
    this.panel.latest();
  }

  /* A number in the text that leads to its source. */
  mark(number) {
    const source = this.sources[number - 1];
    const address = source && addressOf(source);
    const label = `${this.words.source} ${number}: ${source ? source.title : ""}`;
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
      const opened = element("span", { class: "unseen" }, ` (${this.words.newTab})`);
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
      { class: "sources", part: "sources", "aria-label": this.words.sources },
      element("p", { class: "label", "aria-hidden": "true" }, this.words.sources),
      element("ol", {}, rows),
    );
  }

  age({ timestamp, description }) {
    const day = dated(timestamp, this.panel.locale);
    return day ? this.words.synced.replace("{date}", day) : description;
  }

  actions() {
    const { words } = this;
    const rate = (name, kind, label) =>
      iconButton(name, label, () => this.rate(kind), {
        "aria-pressed": String(this.entry.rated === kind),
        "data-kind": kind,
      });
    const whole = iconButton("copy", words.copyAnswer, () => this.copied(textOf(this.entry), whole));
    const again = iconButton("retry", words.again, () => this.panel.retry(this.entry), { class: "icon-button again" });
    this.comment = element("div", { class: "comment" });
    this.note = element("p", { class: "aside", tabindex: "-1", hidden: true });
    return element(
      "div",
      {},
      element(
        "div",
        { class: "actions" },
        rate("up", "positive", words.helpful),
        rate("unhelpful", "negative", words.unhelpful),
        whole,
        again,
      ),
      this.comment,
      this.note,
    );
  }

  async rate(kind) {
    for (const button of this.foot.querySelectorAll("[data-kind]"))
      button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
    this.comment.replaceChildren(...(kind === "negative" ? [this.commentForm()] : []));
    if (kind === "negative") this.comment.querySelector("textarea").focus();
    this.panel.latest();
    const trouble = await this.panel.rate(this.entry, kind);
    if (trouble || kind === "positive") this.told(trouble);
  }

  /* Thanks, or what kept the rating from being heard. */
  told(trouble) {
    this.note.textContent = trouble || this.words.thanks;
    this.note.hidden = false;
    this.panel.say(this.note.textContent);
    this.panel.latest();
  }

  commentForm() {
    const text = element("textarea", {
      rows: "2",
      maxlength: "1000",
      "aria-label": this.words.comment,
      placeholder: this.words.comment,
    });
    const send = async (event) => {
      event.preventDefault();
      const trouble = text.value.trim() && (await this.panel.rate(this.entry, "negative", text.value.trim()));
      this.told(trouble);
      if (trouble) return;
      this.comment.replaceChildren();
      this.note.focus();
    };
    return element(
      "form",
      { onsubmit: send },
      text,
      element("button", { class: "button", type: "submit" }, this.words.sendComment),
    );
  }

  async copied(text, button) {
    const done = await copy(text);
    this.panel.say(done ? this.words.copied : this.words.notCopied);
    button.classList.toggle("done", done);
    setTimeout(() => button.classList.remove("done"), 2000);
  }

  /* What went wrong, in words that say what to do, and the way to do it. */
  trouble(trouble, retry = () => this.panel.retry(this.entry)) {
    const { words } = this;
    const text = trouble.code === "said" ? trouble.message : words[trouble.code] || words.failed;
    const line = element("p", { dir: "auto" });
    const again =
      ["blocked", "hosted", "long"].includes(trouble.code) || trouble.final
        ? null
        : press("button", retry, icon("retry"), words.retry);
    this.countDown(line, text, trouble.wait || 0, again);
    const person = trouble.code === "stopped" ? null : press("button quiet", () => this.panel.person(), words.person);
    return element(
      "div",
      { class: "trouble-box", "data-code": trouble.code, role: "group" },
      line,
      element("div", { class: "row" }, again, person),
    );
  }

  /* A limit ends by itself: the button waits with the visitor. */
  countDown(line, text, wait, again) {
    const end = performance.now() + wait * 1000;
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      line.textContent = left > 0 ? text.replace("{seconds}", left) : wait ? this.words.waited : text;
      if (again) again.disabled = left > 0;
      if (left > 0) setTimeout(tick, 1000);
    };
    tick();
  }
}

export function addressOf(source) {
  return safeAddress(source.url || (source.data && (source.data.url || source.data.href)) || "");
}
