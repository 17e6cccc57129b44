/* What the server is asked: a session, then the ChatKit protocol, one POST for each request. */

/* An error that a person can act on. `code` chooses the words that are shown; `wait` is in seconds. */
export class ChatError extends Error {
  constructor(code, message, wait) {
    super(message);
    this.code = code;
    this.wait = wait;
  }
}

const EXPIRED = /^token_/;
const MIN_LIFETIME = 60000; // ms: a visitor's clock may be wrong by hours: no token is renewed sooner than after a minute

const PATIENCE_OF_TABS = 5000; // ms

export class Server {
  /* `proof`: who is asking, as a token or a function that returns one. `onsession` is called with each new session: with
     how many conversations of before their sign-in the customer may say are theirs. */
  constructor({ base, local, proof, memory, onsession }) {
    this.base = base;
    this.local = local;
    this.proof = proof;
    this.memory = memory;
    this.onsession = onsession;
    this.session = null;
    this.blocked = null; // what the page's Content-Security-Policy refused
    this.watch = (event) => {
      if (event.blockedURI.startsWith(new URL(base).origin)) this.blocked = event.effectiveDirective;
    };
    document.addEventListener("securitypolicyviolation", this.watch);
  }

  close() {
    document.removeEventListener("securitypolicyviolation", this.watch);
  }

  /* Another proof of who is asking; null after a sign-out. */
  identify(proof) {
    this.proof = proof;
    this.session = null;
  }

  /* Forget who was asking. */
  reset() {
    this.session = null;
    this.local.removeItem(`answerwell:${this.base}`);
  }

  /* A session that is still good. Several callers at once share one request. */
  async ready() {
    if (!this.session || performance.now() > this.session.until) {
      this.asking =
        this.asking ||
        this.ask().finally(() => {
          this.asking = null;
        });
      await this.asking;
    }
    return this.session;
  }

  async ask() {
    const proof = typeof this.proof === "function" ? await this.proof() : this.proof;
    const answer = await inTurn(`answerwell:${this.base}`, () => this.open(proof));
    const expiry = typeof answer.expires_at === "number" ? answer.expires_at * 1000 : Date.parse(answer.expires_at);
    const lasts = Math.max(MIN_LIFETIME, Math.min(expiry - Date.now() - 30000, 600000) || 0);
    this.session = {
      token: answer.client_secret,
      mode: answer.mode,
      url: this.url(answer.api_url || "chatkit"),
      until: performance.now() + lasts,
    };
    this.onsession(answer.unclaimed);
  }

  open(proof) {
    const visitor = this.local.getItem(`answerwell:${this.base}`);
    return this.send("session", {
      ...(visitor && { visitor_token: visitor }),
      ...(proof && { identity_token: proof }),
      ...(visitor && proof && { thread_id: this.memory.goesOn() }),
    });
  }

  /* Say whether what was asked in this browser before the sign-in was the customer's own. */
  async claim(mine) {
    const { token } = await this.ready();
    const visitor = this.local.getItem(`answerwell:${this.base}`);
    await this.send("claim", { visitor_token: visitor, mine }, { Authorization: `Bearer ${token}` });
  }

  /* Every answer brings a new token for this browser. */
  async send(what, body, headers) {
    const response = await this.fetch(this.url(`api/chatkit/${what}`), {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: json(body),
    });
    const answer = await response.json();
    if (answer.visitor_token) this.local.setItem(`answerwell:${this.base}`, answer.visitor_token);
    return answer;
  }

  /* Where a proxy ends TLS, the server may believe that it is asked without: the page's way to it goes before. */
  url(path) {
    const told = new URL(path, this.base);
    const own = new URL(this.base);
    const same = new URL(told);
    same.protocol = own.protocol;
    return (same.origin === own.origin ? same : told).href;
  }

  /* A ChatKit request that answers JSON. */
  async call(type, params, metadata = {}) {
    return (await this.post({ type, params, metadata })).json();
  }

  /* A ChatKit request that answers with events, as they arrive. Raises ChatError when the connection breaks off. */
  async *stream(type, params, signal) {
    const response = await this.post({ type, params, metadata: {} }, signal);
    const reader = response.body.getReader();
    const decoder = new TextDecoder();
    let kept = "";
    try {
      for (;;) {
        const { done, value } = await reader.read();
        kept += done ? decoder.decode() : decoder.decode(value, { stream: true });
        const frames = kept.split(/\r?\n\r?\n/);
        kept = done ? "" : frames.pop();
        for (const frame of frames) {
          const event = parsed(frame);
          if (event) yield event;
        }
        if (done) return;
      }
    } catch (error) {
      throw error.name === "AbortError" || error instanceof ChatError ? error : new ChatError("cut", error.message);
    } finally {
      reader.cancel().catch(() => {});
    }
  }

  /* A token may expire at any moment: it is renewed once, and the same question is sent again. */
  async post(body, signal) {
    for (let renewed = false; ; renewed = true) {
      const session = await this.ready();
      if (session.mode === "hosted")
        throw new ChatError("hosted", "this server uses a hosted workflow, which only OpenAI's own element can talk to");
      try {
        return await this.fetch(session.url, {
          method: "POST",
          signal,
          headers: { "Content-Type": "application/json", Authorization: `Bearer ${session.token}` },
          body: json(body),
        });
      } catch (error) {
        if (renewed || !EXPIRED.test(error.code)) throw error;
        if (this.session === session) this.session = null;
      }
    }
  }

  async fetch(url, init) {
    let response;
    this.blocked = null;
    try {
      response = await fetch(url, { ...init, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw await this.unreachable(error);
    }
    if (response.ok) return response;
    const { error = {} } = await response.json().catch(() => ({}));
    throw this.refused(response, error);
  }

  refused(response, { code = "", message = response.statusText, fix = "" }) {
    const wait = Number(response.headers.get("Retry-After")) || 30;
    if (response.status === 401) return new ChatError(EXPIRED.test(code) ? code : "signin", message);
    if (response.status === 403) return this.told(new ChatError("blocked", message), fix);
    if (response.status === 429) return new ChatError("limited", message, wait);
    if (response.status === 404) return new ChatError("gone", message);
    if (response.status < 500)
      return this.told(new ChatError(/long/.test(code) || response.status === 413 ? "long" : "failed", message), fix);
    return new ChatError("down", message);
  }

  /* Browsers hide why a request failed. The page's own policy, the network and the server's diagnosis tell. */
  async unreachable(error) {
    const { origin } = new URL(this.base);
    await new Promise((resolve) => setTimeout(resolve)); // violations are reported as events of their own
    if (this.blocked)
      return this.told(
        new ChatError("blocked", `the page's Content-Security-Policy refuses ${origin}`),
        `add ${origin} to ${this.blocked}`,
      );
    if (!navigator.onLine) return new ChatError("offline", error.message);
    const asked = `widget/diagnose?origin=${encodeURIComponent(location.origin)}&now=${Date.now() / 1000}`;
    const { findings = [] } = await fetch(this.url(asked), { credentials: "omit" })
      .then((told) => told.json())
      .catch(() => ({}));
    if (!findings.length) return new ChatError(navigator.onLine ? "down" : "offline", error.message);
    const fix = findings.map((found) => `${found.message} ${found.fix}`).join(" ");
    return this.told(new ChatError("blocked", `the server does not answer pages of ${location.origin}`), fix);
  }

  /* Visitors read what they can do; whoever set the page up reads this. */
  told(error, fix) {
    console.error(`Answerwell: ${error.message}; ${fix || "see the server's log"}`);
    return error;
  }
}

/* One tab after the other, where the browser can: each sends the token that the one before it got. None waits for long. */
async function inTurn(name, work) {
  let begun = false;
  const mine = () => {
    begun = true;
    return work();
  };
  try {
    return await navigator.locks.request(name, { signal: AbortSignal.timeout(PATIENCE_OF_TABS) }, mine);
  } catch (error) {
    if (begun) throw error;
    return work();
  }
}

/* JSON as everybody writes it: on pages with Prototype.js, arrays turn into text otherwise. */
function json(value) {
  if (Array.isArray(value)) return `[${value.map(json)}]`;
  if (!value || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, part]) => `${json(name)}:${json(part)}`)}}`;
}

/* One frame's event. Comments keep a connection alive and carry nothing; what cannot be read is skipped. */
function parsed(frame) {
  const lines = frame.split(/\r?\n/).filter((line) => line.startsWith("data:"));
  const text = lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
  try {
    return text && text !== "[DONE]" ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}
