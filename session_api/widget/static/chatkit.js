/* OpenAI's ChatKit element in our frame, on our endpoint. Where it does not come up, our own chat takes over. */

const SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";
const PATIENCE = 5000; // milliseconds until a visitor gets our own chat instead
const RADII = ["sharp", "soft", "round", "pill"];

let policy = null;

/* Returns what drives the element, or null once our own chat has taken over. */
export async function embed(chat) {
  try {
    const node = await within(PATIENCE, shown(chat));
    node.addEventListener("chatkit.error", ({ detail }) => later(chat, detail.error));
    node.addEventListener("chatkit.thread.change", ({ detail }) => chat.store.dispatch("remember", detail.threadId));
    node.addEventListener("chatkit.response.end", () => chat.store.dispatch("remember", chat.memory.thread(), true));
    node.addEventListener("chatkit.effect", ({ detail }) => detail.name === "hand_off" && chat.store.dispatch("showPage", "contact"));
    chat.emit("chatkit", { element: node });
    return { ask: (text) => node.sendUserMessage({ text }) };
  } catch (error) {
    return fallBack(chat, error);
  }
}

async function shown(chat) {
  const [session] = await Promise.all([chat.server.ready(), load(chat.nonce)]);
  await customElements.whenDefined("openai-chatkit");
  const node = document.createElement("openai-chatkit");
  const ready = new Promise((resolve, reject) => {
    node.addEventListener("chatkit.ready", resolve, { once: true });
    node.addEventListener("chatkit.error", ({ detail }) => reject(detail.error), { once: true });
  });
  chat.frame.append(node);
  node.setOptions(chatkitOptions(chat, session));
  await ready;
  return node;
}

function load(nonce) {
  if (customElements.get("openai-chatkit")) return undefined;
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.async = true;
    script.nonce = nonce || "";
    script.onload = resolve;
    script.onerror = () =>
      reject(new Error(`${SCRIPT} cannot be loaded; it is blocked, or script-src does not allow it`));
    script.src = trusted(SCRIPT);
    document.head.append(script);
  });
}

/* Pages that enforce Trusted Types must allow the policy "answerwell" for this one address. */
function trusted(address) {
  if (!window.trustedTypes) return address;
  policy =
    policy || window.trustedTypes.createPolicy("answerwell", { createScriptURL: (url) => (url === SCRIPT ? url : "") });
  return policy.createScriptURL(address);
}

/* The same configuration in OpenAI's words: its types know no other keys. */
function chatkitOptions({ options, texts, language, starters, server, memory, panel, host }, session) {
  const prompts = starters.map((text) => ({ label: text, prompt: text }));
  const hosted = session.mode === "hosted";
  return {
    api: hosted
      ? { getClientSecret: (current) => secret(server, current) }
      : { url: session.url, domainKey: options.domainKey, fetch: authorised(server) },
    locale: language,
    frameTitle: options.title,
    theme: {
      colorScheme: panel.dataset.theme,
      radius: RADII.includes(options.radius) ? options.radius : "round",
      color: { accent: { primary: host.style.getPropertyValue("--accent"), level: 1 } },
    },
    header: { enabled: true, title: { enabled: false } },
    history: { enabled: true, showDelete: true, showRename: false },
    startScreen: { greeting: options.greeting || texts.greeting, prompts },
    composer: { placeholder: texts.placeholder, attachments: { enabled: false } },
    threadItemActions: { feedback: true, retry: true },
    disclaimer: { text: options.disclaimer || texts.disclaimer },
    ...(!hosted && { initialThread: memory.thread() }),
  };
}

/* A fetch that adds the token, and a new one where the server says that it ended. */
function authorised(server) {
  return async (input, init = {}) => {
    for (let renewed = false; ; renewed = true) {
      const session = await server.ready();
      const headers = new Headers(init.headers || (input instanceof Request ? input.headers : undefined));
      headers.set("Authorization", `Bearer ${session.token}`);
      const response = await fetch(input instanceof Request ? input.clone() : input, { ...init, headers });
      if (renewed || response.status !== 401) return response;
      if (server.session === session) server.session = null;
    }
  };
}

/* A hosted workflow's secret: another one where the current one is handed in. */
async function secret(server, current) {
  if (server.session && server.session.token === current) server.session = null;
  return (await server.ready()).token;
}

/* An error after it came up concerns one request, unless OpenAI took the domain's permission back. */
function later(chat, error) {
  if (/domain/i.test(error.message)) fallBack(chat, error);
  else console.warn("Answerwell: ChatKit reports", error);
}

function fallBack({ store }, error) {
  console.warn(
    `Answerwell: OpenAI's ChatKit element does not come up (${error.message}); the built-in chat is used instead. Check domain_key and that ${location.hostname} is on the domain allowlist in OpenAI's settings.`,
  );
  store.dispatch("leaveChatkit");
  return null;
}

function within(patience, promise) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`nothing after ${patience / 1000} seconds`)), patience);
    promise.then(resolve, reject);
  });
}
