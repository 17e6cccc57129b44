/* One conversation: what was asked and answered, whatever order the events arrive in. It draws nothing. */

import { Trouble } from "./api.js";
import { cited } from "./markdown.js";

const ITEMS = 100;

/* A question or an answer. `state`: sending, streaming, done, stopped, cut, failed. */
function entry(id, role, state) {
  return { id, role, state, parts: [], trouble: null, rated: null };
}

export class Conversation {
  /* `changed(entry)` and `removed(entry)` draw one entry; `progress(text)` says what the server is doing. */
  constructor(server, view) {
    this.server = server;
    this.view = view;
    this.fresh();
  }

  fresh() {
    this.stop();
    this.thread = null;
    this.entries = [];
    this.running = null;
    this.mayStop = true;
  }

  get busy() {
    return this.running !== null;
  }

  /* Whether more is to come than the end of the stream: the server still puts away what it has said. */
  get answering() {
    return this.busy && !(this.running.answered && this.entries.every((one) => one.state !== "streaming"));
  }

  /* Load a thread with everything in it. Raises Trouble; "gone" when it is not there for this visitor. */
  async load(id) {
    const data = [];
    for (let after, more = true; more;) {
      const page = await this.server.call("items.list", {
        thread_id: id,
        limit: ITEMS,
        order: "asc",
        ...(after && { after }),
      });
      data.push(...page.data);
      after = page.after;
      more = page.has_more && after;
    }
    this.fresh();
    this.thread = { id };
    for (const item of data) this.done(item);
  }

  /* Ask, and draw the answer as it arrives. Never raises: what went wrong belongs to the entry that it happened to. */
  async ask(text) {
    const question = entry(`local-${Date.now()}`, "question", "sending");
    question.parts = [{ text, annotations: [] }];
    this.entries.push(question);
    this.view.changed(question);
    await this.send(question);
  }

  async send(question) {
    const input = { content: [{ type: "input_text", text: textOf(question) }], attachments: [], inference_options: {} };
    question.trouble = null;
    if (this.thread) await this.run(question, "threads.add_user_message", { thread_id: this.thread.id, input });
    else await this.run(question, "threads.create", { input });
  }

  /* Ask the same again. What the server already holds is answered anew; what never reached it is sent. */
  async retry(question) {
    const later = this.entries.splice(this.entries.indexOf(question) + 1);
    later.forEach((gone) => this.view.removed(gone));
    if (question.id.startsWith("local-")) return this.send(question);
    question.trouble = null;
    return this.run(question, "threads.retry_after_item", { thread_id: this.thread.id, item_id: question.id });
  }

  async run(question, type, params) {
    const running = { controller: new AbortController(), question, answered: false };
    this.running = running;
    this.mayStop = true;
    question.state = question.id.startsWith("local-") ? "sending" : "done";
    this.view.changed(question);
    try {
      for await (const event of this.server.stream(type, params, running.controller.signal)) {
        if (this.running !== running) return;
        this.apply(event);
      }
      if (!running.answered || this.entries.some((one) => one.state === "streaming"))
        throw new Trouble("cut", "the connection ended in the middle of an answer");
    } catch (error) {
      if (this.running === running) this.fail(question, error);
    } finally {
      if (this.running === running) this.end();
    }
  }

  stop() {
    if (!this.running) return;
    const { answering } = this;
    const { controller, question } = this.running;
    const begun = this.cutOff("stopped");
    if (answering && !begun) question.trouble = { code: "stopped" };
    this.put(question, question.state === "sending" ? "failed" : "done");
    this.end();
    controller.abort();
  }

  /* What was on its way stays as far as it came; returns it, or nothing where nothing came. */
  cutOff(state) {
    const [answer] = this.entries.filter((one) => one.state === "streaming");
    if (!answer) return null;
    if (textOf(answer)) this.put(answer, state);
    else this.remove(answer.id);
    return textOf(answer) ? answer : null;
  }

  end() {
    this.running = null;
    this.view.progress("");
    this.view.ended();
  }

  fail(question, error) {
    const trouble = error instanceof Trouble ? error : new Trouble("failed", error.message);
    if (!(error instanceof Trouble)) console.error("Answerwell:", error);
    const answer = this.cutOff("cut");
    if (trouble.code === "gone") {
      this.thread = null; // another try begins a new conversation with the same question
      question.id = `local-${Date.now()}`;
    }
    (answer || question).trouble = trouble;
    if (answer) this.put(answer);
    this.put(question, question.state === "sending" ? "failed" : "done");
    this.view.troubled(trouble);
  }

  apply(event) {
    const act = EVENTS[event.type];
    const { item = {} } = event;
    if (event.type === "notice" || (/done|replaced/.test(event.type) && item.type !== "user_message"))
      this.running.answered = true;
    if (act) act(this, event);
  }

  put(changed, state) {
    if (state) changed.state = state;
    this.view.changed(changed);
  }

  find(id) {
    return this.entries.find((one) => one.id === id);
  }

  remove(id) {
    const gone = this.find(id);
    if (!gone) return;
    this.entries.splice(this.entries.indexOf(gone), 1);
    this.view.removed(gone);
  }

  /* An item as the server keeps it: authoritative, so it replaces what was streamed. */
  done(item) {
    if (item.type === "user_message") return this.accepted(item);
    if (item.type !== "assistant_message") return undefined;
    const answer = this.find(item.id) || this.begin(item);
    answer.parts = item.content.map(({ text, annotations = [] }) => ({ text, annotations }));
    return this.put(answer, "done");
  }

  begin(item) {
    const answer = entry(item.id, "answer", "streaming");
    answer.parts = (item.content || []).map(({ text, annotations = [] }) => ({ text, annotations: [...annotations] }));
    this.entries.push(answer);
    this.put(answer);
    return answer;
  }

  /* The question that is being sent gets the server's id; any other is one from before. */
  accepted(item) {
    const text = item.content.map((part) => part.text).join("");
    const sent =
      this.running && this.running.question.id.startsWith("local-") ? this.running.question : this.find(item.id);
    const question = sent || entry(item.id, "question", "done");
    if (!sent) this.entries.push(question);
    question.id = item.id;
    question.parts = [{ text, annotations: [] }];
    this.put(question, "done");
  }

  async rate(answer, kind, comment) {
    answer.rated = kind;
    await this.server.call(
      "items.feedback",
      { thread_id: this.thread.id, item_ids: [answer.id], kind },
      comment ? { comment } : {},
    );
  }
}

const EVENTS = {
  "thread.created": (talk, { thread }) => talk.view.threaded((talk.thread = thread)),
  "thread.updated": (talk, { thread }) => talk.view.threaded((talk.thread = thread)),
  "thread.item.added": (talk, { item }) => {
    if (item.type === "assistant_message") talk.begin(item);
  },
  "thread.item.done": (talk, { item }) => talk.done(item),
  "thread.item.replaced": (talk, { item }) => talk.done(item),
  "thread.item.removed": (talk, event) => talk.remove(event.item_id),
  "thread.item.updated"(talk, { item_id: id, update }) {
    const answer = talk.find(id);
    const change = UPDATES[update.type];
    if (!answer || !change) return;
    const part = (answer.parts[update.content_index] = answer.parts[update.content_index] || {
      text: "",
      annotations: [],
    });
    change(part, update);
    talk.put(answer);
  },
  stream_options(talk, event) {
    talk.mayStop = event.stream_options.allow_cancel;
    talk.view.progress();
  },
  progress_update: (talk, { text }) => talk.view.progress(text),
  notice(talk, { title, message, level }) {
    const notice = { ...entry(`notice-${talk.entries.length}`, "notice", "done"), title, level };
    notice.parts = [{ text: message, annotations: [] }];
    talk.entries.push(notice);
    talk.put(notice);
  },
  error(talk, { message, allow_retry: again, code }) {
    throw Object.assign(new Trouble(code === "custom" && message ? "said" : "failed", message || code), {
      final: !again,
    });
  },
};

const UPDATES = {
  "assistant_message.content_part.added"(part, { content }) {
    part.text = content.text || "";
    part.annotations = [...(content.annotations || [])];
  },
  "assistant_message.content_part.text_delta": (part, { delta }) => {
    part.text += delta;
  },
  "assistant_message.content_part.annotation_added": (part, { annotation }) => {
    part.annotations.push(annotation);
  },
  /* The finished text may come without the annotations that were sent before it: they stay. */
  "assistant_message.content_part.done"(part, { content }) {
    part.text = content.text;
    if (content.annotations && content.annotations.length) part.annotations = [...content.annotations];
  },
};

export function textOf(one) {
  return one.parts
    .filter(Boolean)
    .map((part) => part.text)
    .join("\n\n");
}

/* The text with its citations marked, and each source once, in the order of their first mention. */
export function withSources(answer) {
  const sources = [];
  const texts = answer.parts.filter(Boolean).map(({ text, annotations }) => {
    const ordered = [...annotations].sort((a, b) => (a.index ?? Infinity) - (b.index ?? Infinity));
    const seen = new Set();
    const marks = [];
    for (const { source, index } of ordered) {
      const key = source.url || source.filename || source.id || source.title;
      let number = sources.findIndex((known) => known.key === key) + 1;
      if (!number) number = sources.push({ ...source, key });
      if (Number.isInteger(index) && !seen.has(`${index}:${number}`)) marks.push({ index, number });
      seen.add(`${index}:${number}`);
    }
    return cited(text, marks);
  });
  return { text: texts.join("\n\n"), sources };
}
