/* Actions: everything that can be done in the chat. They ask the server and change the state; what shows follows it. */

import { ChatError } from "./api.js";
import { transcriptOf } from "./contact.js";
import {
  EMPTY, asked, failed, find, finished, isAnswering, isStreaming, kept, loaded, put, received, started, stopped, textOf,
  withSources,
} from "./conversation.js";

export const MAX_QUESTION = 4000; // characters

const ITEMS_A_PAGE = 100;
const THREADS_A_PAGE = 20;
const LINGERS = 3000; // ms that a question waits for the stream of a finished answer to end

/* `page`: what shows instead of the conversation, "history" or "contact" by name. `refusal`: why the server cannot be used.
   `unclaimed`: how many conversations of before their sign-in the customer is asked about. `chatkit`: OpenAI's element shows instead of our conversation. `announcement` and `focus` are new objects each time that
   something is to be read aloud or the focus is to return to where the visitor goes on. */
export const INITIAL = {
  ...EMPTY,
  open: false,
  opened: false,
  online: true,
  page: null,
  threads: null,
  refusal: null,
  unclaimed: 0,
  chatkit: false,
  announcement: null,
  focus: null,
};

/* The words for an error. */
export function wording(texts, error) {
  return (texts[error.code] || texts.failed).replace("{seconds}", error.wait);
}

/* `memory` keeps the thread that this browser is in; `emit` tells the page what happens. */
export function createActions({ server, memory, texts, emit }) {
  let controller = null; // of the request that is under way
  let answering = null; // its promise
  let resuming = null; // the promise of a conversation that is being loaded
  let driver = null; // the promise of what drives OpenAI's element
  let handedOff = null;

  function raise(store, error) {
    emit("error", { code: error.code, message: error.message });
    store.dispatch("announce", wording(texts, error));
  }

  /* Whoever asks meanwhile waits: what is loaded takes the place of what was there. */
  function loading(work) {
    const mine = work.finally(() => {
      if (resuming === mine) resuming = null;
    });
    return (resuming = mine);
  }

  async function load(id) {
    const items = [];
    for (let after, more = true; more;) {
      const params = { thread_id: id, limit: ITEMS_A_PAGE, order: "asc", ...(after && { after }) };
      const page = await server.call("items.list", params);
      items.push(...page.data);
      after = page.after;
      more = page.has_more && after;
    }
    return loaded(id, items);
  }

  /* Show a thread with everything in it; nothing for one that is gone for this visitor. It may be there for who is signed in
     in another tab, so it stays remembered. Raises ChatError. */
  async function show(store, id) {
    try {
      const conversation = await load(id);
      store.dispatch("stop");
      store.setState(conversation);
      memory.keep(id, true);
    } catch (error) {
      if (error.code !== "gone") throw error;
      store.dispatch("stop");
      store.setState(EMPTY);
    }
  }

  function forget(store) {
    store.dispatch("stop");
    memory.forget();
    store.setState(EMPTY);
  }

  /* Returns when the answer is complete. Never raises: what went wrong belongs to the entry that it happened to. */
  async function run(store, conversation, key, request) {
    const begun = started(conversation, key, texts.thinking);
    const mine = () => (store.getState().running || {}).number === begun.running.number;
    const mineToStop = new AbortController();
    controller = mineToStop;
    store.setState(begun);
    store.dispatch("announce", texts.thinking);
    try {
      for await (const event of server.stream(...request, mineToStop.signal)) {
        if (!mine()) return;
        const before = store.getState();
        const next = received(before, event);
        if (next.thread !== before.thread) memory.keep(next.thread.id);
        store.setState(next);
      }
      if (!mine()) return;
      const { running, entries } = store.getState();
      if (!running.answered || entries.some(isStreaming))
        throw new ChatError("cut", "the connection ended in the middle of an answer");
      settle(store, finished(store.getState()));
    } catch (error) {
      if (mine()) fail(store, error);
    }
  }

  function fail(store, error) {
    const known = error instanceof ChatError;
    if (!known) console.error("Answerwell:", error);
    const told = known ? error : new ChatError("failed", error.message);
    settle(store, failed(store.getState(), told));
    raise(store, told);
  }

  /* Nothing is under way any more. Other tabs follow when they see what is kept. */
  function settle(store, conversation) {
    store.setState(conversation);
    const { thread, entries } = conversation;
    if (thread) memory.keep(thread.id);
    const last = entries[entries.length - 1];
    if (!last || last.role !== "answer" || last.state !== "done") return;
    const sources = withSources(last).sources.map(({ title, url }) => ({ title, url }));
    emit("answer", { text: textOf(last), sources });
  }

  function answer(store, conversation, question) {
    answering = run(store, conversation, question.key, requestFor(conversation, question));
    return answering;
  }

  return {
    /* ---- the panel ---- */

    open(store) {
      const first = !store.getState().opened;
      store.setState({ open: true, opened: true });
      store.dispatch("connection", navigator.onLine);
      if (first && !store.getState().chatkit) store.dispatch("resume");
    },

    close: (store) => store.setState({ open: false }),

    focus: (store) => store.setState({ focus: {} }),

    announce: (store, text) => store.setState({ announcement: { text } }),

    connection(store, online) {
      store.setState({ online });
      const waiting = store.getState().entries.find((one) => one.error && one.error.code === "offline");
      if (online && waiting && !busy(store)) store.dispatch("retry", waiting.key);
    },

    async showPage(store, name) {
      if (name === "history") store.setState({ threads: { list: [], after: null, more: false, note: texts.thinking } });
      if (name === "contact" && store.getState().chatkit) {
        const id = memory.thread(); // OpenAI's element does not tell what was said; the server does
        if (id) await load(id).then(store.setState, () => {});
      }
      store.setState({ page: name && { name } });
      if (name === "history") store.dispatch("moreThreads");
      if (name === "contact") emit("contact", { transcript: transcriptOf(store.getState().entries, texts) });
    },

    /* ---- asking ---- */

    async ask(store, text) {
      const theirs = await driver;
      if (theirs) return theirs.ask(text);
      const waiting = asked(store.getState(), text.slice(0, MAX_QUESTION));
      const question = waiting.entries[waiting.entries.length - 1];
      if (resuming) {
        store.setState({ ...waiting, progress: texts.thinking }); // at once, and again below what is loaded
        await resuming;
      }
      if (busy(store) && !isAnswering(store.getState()))
        await Promise.race([answering, new Promise((done) => setTimeout(done, LINGERS))]);
      store.dispatch("stop");
      store.setState({ page: null });
      emit("message", { text });
      const conversation = put(store.getState(), question);
      return answer(store, conversation, question);
    },

    /* Ask again the question that led to an entry. */
    retry(store, key) {
      const { entries } = store.getState();
      const until = entries.slice(0, entries.findIndex((one) => one.key === key) + 1);
      const question = until.reverse().find((one) => one.role === "question");
      if (question && !busy(store)) answer(store, store.getState(), question);
      store.dispatch("focus");
    },

    stop(store) {
      if (!busy(store)) return;
      settle(store, stopped(store.getState()));
      controller.abort();
    },

    /* Returns what kept the rating from being counted; nothing when it was. */
    async rate(store, key, kind, comment) {
      const { thread } = store.getState();
      const rated = { ...find(store.getState(), key), rated: kind };
      store.setState(put(store.getState(), rated));
      try {
        const params = { thread_id: thread.id, item_ids: [rated.id], kind };
        await server.call("items.feedback", params, comment ? { comment } : {});
        emit("feedback", { kind, comment });
        return "";
      } catch (error) {
        return wording(texts, error);
      }
    },

    /* The server is told, once for each conversation, that a person was wanted. */
    async handOff(store) {
      const { thread } = store.getState();
      if (!thread || handedOff === thread.id) return;
      handedOff = thread.id;
      const params = { thread_id: thread.id, action: { type: "hand_off", payload: {} } };
      try {
        for await (const { item } of server.stream("threads.custom_action", params))
          if (item) store.setState(kept(store.getState(), item));
      } catch {
        // who wants a person gets one, whether or not it is counted
      }
    },

    /* ---- conversations ---- */

    newChat(store) {
      forget(store);
      store.setState({ page: null, focus: {} });
    },

    /* Take up the conversation of this browser, and find out at once whether the server can be used. */
    resume(store) {
      const id = memory.thread();
      const ready = id ? show(store, id) : server.ready();
      return loading(
        ready.then(
          () => store.dispatch("refuse", null),
          (error) => store.dispatch("refuse", error),
        ),
      );
    },

    /* A server that cannot be used says so before anybody has written a question. */
    refuse(store, error) {
      store.setState({ refusal: error });
      if (!error) return;
      if (!error.code) console.error("Answerwell:", error);
      raise(store, error);
    },

    async openThread(store, id) {
      store.setState({ page: null });
      await show(store, id).catch((error) => store.dispatch("refuse", error));
    },

    async moreThreads(store) {
      const { threads } = store.getState();
      const { list, after } = threads;
      let found;
      try {
        const params = { limit: THREADS_A_PAGE, order: "desc", ...(after && { after }) };
        const page = await server.call("threads.list", params);
        const all = [...list, ...page.data];
        const more = Boolean(page.has_more && page.after);
        found = { list: all, after: page.after, more, note: all.length ? "" : texts.noHistory };
      } catch (error) {
        found = { ...threads, note: wording(texts, error) };
      }
      if (store.getState().threads !== threads) return;
      store.setState({ threads: found });
      if (found.note) store.dispatch("announce", found.note);
    },

    async deleteThread(store, id) {
      try {
        await server.call("threads.delete", { thread_id: id });
      } catch (error) {
        if (error.code !== "gone") {
          store.dispatch("announce", wording(texts, error));
          return;
        }
      }
      const { threads, thread } = store.getState();
      store.setState({ threads: { ...threads, list: threads.list.filter((one) => one.id !== id) } });
      store.dispatch("announce", texts.deleted);
      if (thread && thread.id === id) forget(store);
    },

    /* Another tab went on with this conversation, or began another: follow, unless something is under way here. */
    follow(store) {
      const { opened, chatkit } = store.getState();
      if (busy(store) || !opened || chatkit) return;
      const id = memory.thread();
      if (id) loading(show(store, id).catch(() => {}));
      else store.dispatch("newChat");
    },

    /* ---- who is asking, and through what ---- */

    /* A session has begun. */
    greet(store, unclaimed) {
      store.setState({ refusal: null, unclaimed });
    },

    async claim(store, mine) {
      try {
        await server.claim(mine);
        store.setState({ unclaimed: 0 });
        if (mine && !store.getState().chatkit) store.dispatch("showPage", "history");
        else store.dispatch("focus");
      } catch (error) {
        store.dispatch("announce", wording(texts, error));
      }
    },

    async identify(store, proof) {
      server.identify(proof);
      store.setState({ unclaimed: 0 });
      if (!proof) {
        server.reset();
        store.dispatch("newChat");
      } else if (store.getState().opened && !busy(store)) await store.dispatch("resume");
    },

    /* Show OpenAI's element; `loaded` is the promise of what drives it. */
    showChatkit(store, element) {
      driver = element;
      store.setState({ chatkit: true });
    },

    /* It does not come up: our own conversation takes its place. */
    leaveChatkit(store) {
      driver = null;
      store.setState({ chatkit: false });
      if (store.getState().opened) store.dispatch("resume");
    },

    remember(store, id, answered) {
      if (id) memory.keep(id, !answered);
      else memory.forget();
    },
  };
}

function busy(store) {
  return Boolean(store.getState().running);
}

/* Ask the server what it does not have yet; let it answer anew what it has. */
function requestFor({ thread }, question) {
  if (question.id) return ["threads.retry_after_item", { thread_id: thread.id, item_id: question.id }];
  const input = { content: [{ type: "input_text", text: textOf(question) }], attachments: [], inference_options: {} };
  return thread ? ["threads.add_user_message", { thread_id: thread.id, input }] : ["threads.create", { input }];
}
