/* Conversation: what was asked and answered, as a value. Each function returns what it becomes; none draws or asks. */

import { ChatError } from "./api.js";
import { cited } from "./markdown.js";

/* `running`: the request that is under way. `progress`: what the server is doing until it says something. */
export const EMPTY = { thread: null, entries: [], running: null, mayStop: true, progress: "" };

let numbers = 0;

/* A question, an answer or a notice. Its key stays; its id is the server's, null until the server has it. `person`:
   what its button says that leads to one.
   `state`: sending, streaming, done, stopped, cut, failed. */
function entry(role, state, id, parts) {
  numbers += 1;
  return { key: numbers, id, role, state, parts, error: null, rated: null };
}

/* Add a question that the server does not know yet. */
export function asked(conversation, text) {
  return put(conversation, entry("question", "sending", null, [{ text, annotations: [] }]));
}

/* A request for an answer to that question begins; what followed the question is answered anew. */
export function started(conversation, key, progress) {
  const { entries } = conversation;
  const question = find(conversation, key);
  const again = { ...question, error: null, state: question.id ? "done" : "sending" };
  numbers += 1;
  return {
    ...conversation,
    entries: [...entries.slice(0, entries.indexOf(question)), again],
    running: { number: numbers, question: key, answered: false },
    mayStop: true,
    progress,
  };
}

/* An event of the server's stream, in whatever order they arrive. Throws ChatError where it is one. */
export function received(conversation, event) {
  const { type, item = {} } = event;
  const answered = type === "notice" || (/done|replaced/.test(type) && item.type !== "user_message");
  const next = answered ? { ...conversation, running: { ...conversation.running, answered } } : conversation;
  return EVENTS[type] ? EVENTS[type](next, event) : next;
}

/* An item as the server keeps it: authoritative, so it replaces what was streamed. */
export function kept(conversation, item) {
  if (item.type === "user_message") return accepted(conversation, item);
  if (item.type === "widget") return offered(conversation, item);
  if (item.type !== "assistant_message") return conversation;
  const answer = withId(conversation, item.id) || begun(item);
  return put(conversation, { ...answer, state: "done", parts: partsOf(item) });
}

/* The conversation that the server keeps under this id. */
export function loaded(id, items) {
  return items.reduce(kept, { ...EMPTY, thread: { id } });
}

/* The stream has ended after everything was said. */
export function finished(conversation) {
  return { ...conversation, running: null, progress: "" };
}

/* The visitor wanted no more: what was on its way stays as far as it came. */
export function stopped(conversation) {
  const [next, answer] = cutOff(conversation, "stopped");
  return ended(next, isAnswering(conversation) && !answer ? { error: { code: "stopped" } } : {});
}

/* The request failed: what was on its way stays, and the error belongs to whatever it happened to. */
export function failed(conversation, error) {
  const [next, answer] = cutOff(conversation, "cut");
  const told = answer ? put(next, { ...answer, error }) : next;
  const change = answer ? {} : { error };
  if (error.code !== "gone") return ended(told, change);
  return ended({ ...told, thread: null }, { ...change, id: null }); // another try begins a new conversation with it
}

export function find(conversation, key) {
  return conversation.entries.find((one) => one.key === key);
}

export function put(conversation, changed) {
  const { entries, progress } = conversation;
  const known = find(conversation, changed.key);
  return {
    ...conversation,
    entries: known ? entries.map((one) => (one === known ? changed : one)) : [...entries, changed],
    progress: changed.role === "answer" && textOf(changed) ? "" : progress,
  };
}

/* Whether it answers anything that could have helped: the server names other replies by their id. */
export function isRatable({ state, id }) {
  return state === "done" && !id.startsWith("msg_reply_");
}

/* Whether more is to come than the end of the stream: the server still puts away what it has said. */
export function isAnswering({ running, entries }) {
  return Boolean(running) && !(running.answered && !entries.some(isStreaming));
}

export function isStreaming(one) {
  return one.state === "streaming";
}

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

function withId(conversation, id) {
  return conversation.entries.find((one) => one.id === id);
}

function partsOf({ content }) {
  return (content || []).map(({ text, annotations = [] }) => ({ text, annotations }));
}

function begun(item) {
  return entry("answer", "streaming", item.id, partsOf(item));
}

/* The question that is being sent gets the server's id; any other is one from before. */
function accepted(conversation, item) {
  const { running } = conversation;
  const sent = running && find(conversation, running.question);
  const known = sent && !sent.id ? sent : withId(conversation, item.id);
  const text = item.content.map((part) => part.text).join("");
  const parts = [{ text, annotations: [] }];
  return put(conversation, { ...(known || entry("question")), id: item.id, state: "done", parts });
}

/* The button below a message that leads to a person. Other widgets are not for this chat. */
function offered(conversation, { widget: { children = [] } }) {
  const last = conversation.entries[conversation.entries.length - 1];
  const { label } = children.find(({ onClickAction: action }) => action && action.type === "hand_off") || {};
  return last && label ? put(conversation, { ...last, person: label }) : conversation;
}

/* The conversation without a stream, and the answer that stays of it; none where nothing came. */
function cutOff(conversation, state) {
  const answer = conversation.entries.find(isStreaming);
  if (!answer) return [conversation, null];
  if (!textOf(answer)) return [without(conversation, answer.id), null];
  const cut = { ...answer, state };
  return [put(conversation, cut), cut];
}

function without(conversation, id) {
  return { ...conversation, entries: conversation.entries.filter((one) => one.id !== id) };
}

/* No request is under way any more; `change` is what that did to its question. */
function ended(conversation, change) {
  const question = find(conversation, conversation.running.question);
  if (!question) return finished(conversation);
  const state = question.state === "sending" ? "failed" : "done";
  return finished(put(conversation, { ...question, state, ...change }));
}

const EVENTS = {
  "thread.created": (conversation, { thread }) => ({ ...conversation, thread }),
  "thread.updated": (conversation, { thread }) => ({ ...conversation, thread }),
  "thread.item.added": (conversation, { item }) =>
    item.type === "assistant_message" ? put(conversation, begun(item)) : conversation,
  "thread.item.done": (conversation, { item }) => kept(conversation, item),
  "thread.item.replaced": (conversation, { item }) => kept(conversation, item),
  "thread.item.removed": (conversation, { item_id: id }) => without(conversation, id),
  "thread.item.updated"(conversation, { item_id: id, update }) {
    const answer = withId(conversation, id);
    const change = UPDATES[update.type];
    if (!answer || !change) return conversation;
    const parts = [...answer.parts];
    parts[update.content_index] = change(parts[update.content_index] || { text: "", annotations: [] }, update);
    return put(conversation, { ...answer, parts });
  },
  stream_options: (conversation, { stream_options: options }) => ({ ...conversation, mayStop: options.allow_cancel }),
  progress_update: (conversation, { text }) => ({ ...conversation, progress: text }),
  notice(conversation, { title, message, level }) {
    const notice = entry("notice", "done", null, [{ text: message, annotations: [] }]);
    return put(conversation, { ...notice, title, level });
  },
  error(conversation, { message, allow_retry: again, code }) {
    const error = new ChatError(code === "custom" && message ? "said" : "failed", message || code);
    throw Object.assign(error, { final: !again });
  },
};

const UPDATES = {
  "assistant_message.content_part.added": (part, { content }) => ({
    text: content.text || "",
    annotations: content.annotations || [],
  }),
  "assistant_message.content_part.text_delta": (part, { delta }) => ({ ...part, text: part.text + delta }),
  "assistant_message.content_part.annotation_added": (part, { annotation }) => ({
    ...part,
    annotations: [...part.annotations, annotation],
  }),
  /* The finished text may come without the annotations that were sent before it: they stay. */
  "assistant_message.content_part.done": (part, { content: { text, annotations = [] } }) => ({
    text,
    annotations: annotations.length ? annotations : part.annotations,
  }),
};
