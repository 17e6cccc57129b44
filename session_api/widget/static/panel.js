/* The chat: what is open, what has the focus, what is read aloud. The conversation draws itself into it. */

import { Aloud } from "./aloud.js";
import { Server } from "./api.js";
import { Composer, LONGEST } from "./composer.js";
import { contactPage, transcriptOf } from "./contact.js";
import { Conversation, textOf, withSources } from "./conversation.js";
import { element } from "./dom.js";
import { drawFrame } from "./frame.js";
import { historyPage } from "./history.js";
import { Message } from "./message.js";
import { themed } from "./look.js";
import { Sheet } from "./sheet.js";
/* The server writes these in front of the modules. */
import { CSS, SETTINGS, TEXTS } from "./written.js";

const LINGERS = 3000; // ms that a question waits for the stream of a finished answer to end

export async function mount(context) {
  const { base, release, language, adopt, given } = context;
  const options = { ...SETTINGS, ...given };
  adopt(CSS);
  const words = { ...TEXTS, ...(options.texts || {})[language] };
  const panel = new Panel({ ...context, options }, words);
  if (options.domainKey || options.mode === "hosted") {
    panel.framed(element("div", { class: "frame", tabindex: "-1" }));
    panel.element = import(`${base}widget/${release}/chatkit.js`)
      .then((module) => module.embed(panel))
      .catch(() => panel.framed(null));
  }
  return panel;
}

class Panel {
  constructor(context, texts) {
    Object.assign(this, context, { texts });
    this.locale = this.language;
    this.local = this.storage("localStorage");
    this.tab = this.storage("sessionStorage");
    this.key = `answerwell:${this.base}`;
    this.server = new Server({
      base: this.base,
      local: this.local,
      proof: this.proof,
      onvisitor: () => this.settled(),
    });
    this.messages = new Map();
    this.composer = new Composer(this);
    Object.assign(this, drawFrame(this));
    this.sheet = new Sheet(this.node, this.phone);
    this.aloud = new Aloud(this.live, texts);
    this.talk = new Conversation(this.server, this);
    const scheme = themed(this.node, this.host, this.options, this.light);
    this.root.append(this.node);
    this.listen(scheme);
  }

  listen(scheme) {
    this.node.addEventListener("keydown", (event) => this.keys(event));
    this.log.addEventListener("scroll", () => this.latest(), { passive: true });
    this.sizes = new ResizeObserver(() => this.settle());
    for (const sized of [this.list, this.log]) this.sizes.observe(sized);
    this.outside = [
      [window, "online", () => this.connected(true)],
      [window, "offline", () => this.connected(false)],
      [window, "storage", (event) => this.elsewhere(event)],
      [window.visualViewport || window, "resize", () => this.sheet.fit()],
      [window.visualViewport || window, "scroll", () => this.sheet.fit()],
      [this.phone, "change", () => this.sheet.fit()],
      scheme,
    ];
    for (const [target, type, listener] of this.outside) target.addEventListener(type, listener);
  }

  destroy() {
    for (const [target, type, listener] of this.outside) target.removeEventListener(type, listener);
    this.sizes.disconnect();
    this.talk.stop();
    this.server.close();
    this.sheet.lock(false);
  }

  /* ---- open and closed ---- */

  open(focus) {
    const first = !this.opened;
    this.opened = true;
    this.node.hidden = false;
    this.sheet.fit();
    this.composer.update();
    this.connected(navigator.onLine);
    if (first && !this.frame) this.resume();
    if (focus) this.focus();
  }

  close() {
    this.node.hidden = true;
    this.sheet.lock(false);
  }

  /* On a phone the keyboard comes when it is asked for, not over what there is to read. */
  focus() {
    if (this.page) this.page.querySelector("h3").focus();
    else if (this.frame) this.frame.focus();
    else if (this.phone.matches && matchMedia("(pointer: coarse)").matches) this.title.focus();
    else this.composer.focus();
  }

  keys(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      if (this.page) this.conversation();
      else this.dismiss();
    }
    if (event.key === "Tab" && this.phone.matches) this.sheet.keep(event, this.root);
  }

  /* ---- asking ---- */

  async ask(text) {
    const theirs = await this.element;
    if (theirs) return theirs.ask(text);
    if (this.resuming) await this.resuming;
    if (this.talk.busy && !this.talk.answering) await Promise.race([this.asked, new Promise((done) => setTimeout(done, LINGERS))]);
    if (this.talk.busy) this.talk.stop();
    this.conversation();
    this.emit("message", { text });
    return this.answered(this.talk.ask(text.slice(0, LONGEST)));
  }

  retry(entry) {
    const { entries } = this.talk;
    const question = entries
      .slice(0, entries.indexOf(entry) + 1)
      .reverse()
      .find((one) => one.role === "question");
    if (question && !this.talk.busy) this.answered(this.talk.retry(question));
    this.composer.focus();
  }

  /* While an answer is on its way, its question stands at the top and nothing that is being read moves. */
  answered(running) {
    this.aloud.begin();
    this.progress(this.texts.thinking);
    this.say(this.texts.thinking);
    const asked = this.talk.running && this.messages.get(this.talk.running.question);
    this.anchor = asked ? asked.node : null;
    this.settle();
    if (asked) this.log.scrollTop = this.list.offsetTop + asked.node.offsetTop - 18;
    this.composer.update();
    return (this.asked = running);
  }

  /* Returns what kept it from being heard; nothing when it was. */
  async rate(entry, kind, comment) {
    try {
      await this.talk.rate(entry, kind, comment);
      this.emit("feedback", { kind, comment });
      return "";
    } catch (trouble) {
      return this.worded(trouble);
    }
  }

  /* ---- what the conversation tells ---- */

  changed(entry) {
    this.started(true);
    let message = this.messages.get(entry);
    if (message) message.update();
    else {
      message = new Message(entry, this);
      this.messages.set(entry, message);
      this.list.append(message.node);
    }
    if (entry.role !== "answer" || !this.talk.busy) return;
    const text = textOf(entry);
    if (text) this.waiting.hidden = true;
    if (entry.state === "done") this.composer.update();
    this.aloud.read(text, entry.state === "done", withSources(entry).sources.length);
  }

  removed(entry) {
    const message = this.messages.get(entry);
    if (message) message.node.remove();
    this.messages.delete(entry);
  }

  say(text) {
    this.aloud.say(text);
  }

  progress(text) {
    if (text !== undefined) this.waiting.textContent = text;
    this.waiting.hidden = !this.waiting.textContent || !this.talk.busy;
    this.composer.update();
  }

  ended() {
    this.composer.update();
    if (this.talk.thread)
      this.local.setItem(`${this.key}:thread`, JSON.stringify({ id: this.talk.thread.id, at: Date.now() }));
    const last = this.talk.entries[this.talk.entries.length - 1];
    if (last && last.role === "answer" && last.state === "done")
      this.emit("answer", {
        text: textOf(last),
        sources: withSources(last).sources.map(({ title, url }) => ({ title, url })),
      });
  }

  threaded(thread) {
    this.local.setItem(`${this.key}:thread`, JSON.stringify({ id: thread.id, at: Date.now() }));
  }

  troubled(trouble) {
    this.emit("error", { code: trouble.code, message: trouble.message });
    this.say(this.worded(trouble));
  }

  worded(trouble) {
    return (this.texts[trouble.code] || this.texts.failed).replace("{seconds}", trouble.wait);
  }

  /* ---- where the visitor left ---- */

  /* Take up the conversation of this browser, and find out at once whether the server can be used. */
  resume() {
    const kept = this.remembered();
    return this.loading(
      (kept ? this.show(kept) : this.server.ready()).then(
        () => this.failed(null),
        (trouble) => this.failed(trouble),
      ),
    );
  }

  /* Whoever asks meanwhile waits: what is loaded takes the place of what was there. */
  loading(work) {
    const mine = work.finally(() => {
      if (this.resuming === mine) this.resuming = null;
    });
    return (this.resuming = mine);
  }

  remembered() {
    try {
      return JSON.parse(this.local.getItem(`${this.key}:thread`)).id;
    } catch {
      return null;
    }
  }

  async show(id) {
    this.progress("");
    try {
      await this.talk.load(id);
    } catch (trouble) {
      if (trouble.code !== "gone") throw trouble;
      this.begin();
      return;
    }
    const { entries } = this.talk;
    this.clear();
    entries.forEach((entry) => this.changed(entry));
    this.started(entries.length > 0);
    this.threaded(this.talk.thread);
    this.toLatest();
  }

  clear() {
    this.messages.forEach((message) => message.node.remove());
    this.messages.clear();
    this.anchor = null;
  }

  /* Another tab went on with this conversation, or began another: follow, unless something is under way here. */
  elsewhere(event) {
    if (event.key !== `${this.key}:thread` || this.talk.busy || !this.opened || this.frame) return;
    if (event.newValue) this.loading(this.show(this.remembered()).catch(() => {}));
    else this.begin();
  }

  begin() {
    this.forget();
    this.conversation();
    if (!this.node.hidden) this.focus();
  }

  forget() {
    this.talk.fresh();
    this.local.removeItem(`${this.key}:thread`);
    this.clear();
    this.started(false);
  }

  async identify(proof) {
    this.server.proof = proof;
    this.server.session = null;
    if (!proof) {
      this.server.reset();
      this.begin();
    } else if (this.opened && !this.talk.busy) await this.resume();
  }

  /* A server that cannot be used says so before anybody has written a question. */
  failed(trouble) {
    const old = this.log.querySelector(".refused");
    if (old) old.remove();
    if (!trouble) return;
    if (!trouble.code) console.error("Answerwell:", trouble);
    const shown = new Message({ id: "", role: "question", state: "done", parts: [], trouble: null }, this);
    const box = shown.trouble({ code: trouble.code || "failed", message: trouble.message, wait: trouble.wait }, () =>
      this.resume(),
    );
    box.classList.add("refused");
    this.log.prepend(box);
    this.troubled(trouble);
  }

  settled() {
    this.failed(null);
  }

  connected(online) {
    this.banner.hidden = online;
    this.banner.textContent = online ? "" : this.texts.offlineNote;
    if (!online) return;
    const waiting = this.talk.entries.find((entry) => entry.trouble && entry.trouble.code === "offline");
    if (waiting && !this.talk.busy) this.retry(waiting);
  }

  /* ---- pages beside the conversation ---- */

  starters() {
    const { starters = [] } = this.options;
    return (typeof starters === "string" ? starters.split("|") : starters).map((text) => text.trim()).filter(Boolean);
  }

  started(yes) {
    this.start.hidden = yes;
    this.latest();
  }

  conversation() {
    this.turn(null);
  }

  history() {
    this.turn(historyPage(this));
  }

  async person() {
    const kept = this.frame && this.remembered();
    if (kept) await this.talk.load(kept).catch(() => {}); // OpenAI's element does not tell what was said; the server does
    const transcript = transcriptOf(this.talk, this.texts);
    this.turn(contactPage(this, transcript));
    this.emit("contact", { transcript });
  }

  /* The server hears, once for each conversation, that a person was wanted. */
  async handOff() {
    const { thread } = this.talk;
    if (!thread || this.handedOff === thread.id) return;
    this.handedOff = thread.id;
    const params = { thread_id: thread.id, action: { type: "hand_off", payload: {} } };
    try {
      for await (const { item } of this.server.stream("threads.custom_action", params)) if (item) this.talk.done(item);
    } catch {
      // whoever wants a person gets one, whether or not it is counted
    }
  }

  turn(page) {
    const from = this.page;
    if (from) from.remove();
    this.page = page;
    this.back.hidden = !page;
    if (page) this.view.append(page);
    this.arrange();
    if (page) page.querySelector("h3").focus();
    else if (from) this.focus();
  }

  /* What shows: a page, OpenAI's element, or our own conversation. */
  arrange() {
    for (const own of [this.log, this.composer.form, this.earlier, this.anew]) own.hidden = Boolean(this.frame);
    for (const own of [this.log, this.composer.form]) own.hidden = own.hidden || Boolean(this.page);
    if (this.frame) this.frame.hidden = Boolean(this.page);
    this.latest();
  }

  /* Show OpenAI's element, or, given nothing, our own conversation again. */
  framed(frame) {
    if (this.frame) this.frame.remove();
    this.frame = frame;
    if (frame) this.view.append(frame);
    this.arrange();
    if (!frame && this.opened) this.resume();
  }

  /* ---- room to read ---- */

  settle() {
    const room = this.anchor ? this.log.clientHeight - 36 - this.list.offsetHeight + this.anchor.offsetTop : 0;
    this.room.style.height = `${Math.max(0, room)}px`;
    this.latest();
  }

  latest() {
    const below = this.log.scrollHeight - this.room.offsetHeight - this.log.scrollTop - this.log.clientHeight;
    this.newest.hidden = Boolean(this.page || this.frame) || below < 60;
  }

  toLatest() {
    this.log.scrollTop = this.log.scrollHeight;
    this.latest();
  }
}
