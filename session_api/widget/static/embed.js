/* Answerwell: the launcher. The chat itself is loaded when somebody opens it. */
/* The class lives as long as the page: made out here, it holds on to nothing of a chat that was destroyed. */
if (!customElements.get("answerwell-chat")) customElements.define("answerwell-chat", class extends HTMLElement {});
(() => {
  "use strict";
  const server = CONFIGURATION; // the server writes it here

  /* A module has no current script, and other services' scripts may be called the same: the stack names this one. */
  const [here] = /https?:\S+?\/embed\.js/.exec(new Error().stack) || [];
  const script =
    document.currentScript ||
    [...document.scripts].find(({ src }) => src.startsWith(here)) ||
    (here ? { src: here, dataset: {} } : document.querySelector('script[src*="/embed.js"]'));
  const base = new URL(".", script.src).href;
  const early = window.Answerwell;
  if (early && early.version) {
    if (early.server !== base) console.warn(`Answerwell: already loaded from ${early.server}`);
    return;
  }

  const options = { ...server.options, ...script.dataset };
  const bus = new EventTarget();
  const session = storage("sessionStorage");
  const host = document.createElement("answerwell-chat");
  const root = host.attachShadow({ mode: "closed" });
  const language = [options.locale, document.documentElement.lang, ...(navigator.languages || [navigator.language]), "en"]
    .map((tag) => (tag || "").slice(0, 2).toLowerCase())
    .find((tag) => server.launcher[tag]);
  const texts = server.launcher[language];
  const phone = matchMedia("(max-width: 520px), (max-height: 480px)");
  const launcher = document.createElement("button");
  const notice = document.createElement("div");
  const wasOpen = session.getItem("answerwell:open");
  const api = { version: server.version, server: base, open, close, ask, identify, on, destroy, push };
  let panel = null; // the promise of a loaded panel
  let attempt = 0;
  let identity = null;
  let opener = null;
  let isOpen = false;

  /* Storage may be refused (sandboxed frames, blocked cookies), or full at any time: then memory has to do. */
  function storage(kind) {
    const kept = new Map();
    const use = (method, key, value) => {
      try {
        const found = window[kind][method](key, value);
        if (method !== "getItem") kept.delete(key);
        return found;
      } catch {
        if (value !== undefined) kept.set(key, value);
      }
    };
    return {
      getItem: (key) => (kept.has(key) ? kept.get(key) : use("getItem", key)),
      setItem: (key, value) => use("setItem", key, value),
      removeItem(key) {
        kept.delete(key);
        use("removeItem", key);
      },
    };
  }

  function adopt(css) {
    if (!root.adoptedStyleSheets)
      return root.append(Object.assign(document.createElement("style"), { textContent: css }));
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  }

  function emit(event, detail) {
    bus.dispatchEvent(new CustomEvent(event, { detail }));
  }

  /* Returns what ends it. */
  function on(event, listener) {
    const told = ({ detail }) => listener(detail);
    bus.addEventListener(event, told);
    return () => bus.removeEventListener(event, told);
  }

  /* Relative luminance, as contrast is computed from it. */
  function light(colour) {
    const [r, g, b] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  function show(opened) {
    isOpen = opened;
    host.toggleAttribute("data-open", opened);
    launcher.setAttribute("aria-expanded", opened);
    launcher.setAttribute("aria-label", opened ? texts.close : options.label || texts.open);
    session.setItem("answerwell:open", opened ? "1" : "");
  }

  /* A failed import stays failed for its address, so every further attempt has an address of its own. */
  function load() {
    const release = server.release + (attempt ? `.${attempt}` : "");
    panel =
      panel ||
      import(`${base}widget/${release}/panel-${language}.js`)
        .then(({ mount }) =>
          mount({
            base,
            release,
            given: script.dataset,
            root,
            host,
            phone,
            storage,
            adopt,
            emit,
            light,
            language,
            proof: identity,
            nonce: script.nonce,
            dismiss: close,
          }),
        )
        .catch((error) => {
          panel = null;
          attempt += 1;
          throw error;
        });
    return panel;
  }

  async function open({ focus = true } = {}) {
    opener = document.activeElement;
    show(true);
    try {
      const opened = await load();
      showError();
      if (isOpen) opened.open(focus);
      emit("open");
      return opened;
    } catch (error) {
      show(false);
      console.error(
        `Answerwell: ${base} cannot be loaded; if a Content-Security-Policy blocks it, add it to script-src and connect-src`,
        error,
      );
      showError(texts.failed);
      emit("error", { code: "load_failed" });
    }
  }

  async function close() {
    if (!isOpen) return;
    show(false);
    if (panel) (await panel).close();
    (opener && opener !== document.body && opener !== host && opener.isConnected ? opener : launcher).focus();
    emit("close");
  }

  /* Says that the chat cannot be loaded; given nothing, that all is well. */
  function showError(text = "") {
    notice.remove();
    notice.textContent = text;
    if (text) root.append(notice);
  }

  async function ask(question) {
    const opened = await open();
    if (opened) opened.ask(String(question));
  }

  /* A token that the host site signed, a function that returns one, or null on sign-out. */
  async function identify(proof) {
    identity = proof;
    if (panel) (await panel).identify(proof);
    else if (!proof)
      for (const kept of ["", ":thread"]) storage("localStorage").removeItem(`answerwell:${base}${kept}`);
  }

  async function destroy() {
    delete window.Answerwell;
    keeper.disconnect();
    for (const event of ["resize", "load"]) removeEventListener(event, place);
    document.removeEventListener("click", follow);
    host.remove();
    if (panel) (await panel).destroy();
  }

  /* Anything on the page may open the chat: <button data-answerwell-open="optional question">. */
  function follow(event) {
    const link = event.target.closest && event.target.closest("[data-answerwell-open]");
    if (!link) return;
    event.preventDefault();
    if (link.dataset.answerwellOpen) ask(link.dataset.answerwellOpen);
    else open();
  }

  /* Rise above whatever the page itself pinned to this corner, so that none of its buttons is covered. */
  function place() {
    host.style.setProperty("--lift", "0px");
    const box = launcher.getBoundingClientRect();
    let top = Infinity;
    for (const x of [0, 0.5, 1]) {
      for (const y of [0, 0.5, 1]) {
        for (const below of document.elementsFromPoint(box.left + x * box.width, box.top + y * box.height)) {
          const control = below.closest("a,button,input,select,textarea,[role=button]");
          if (control && isPinned(control)) top = Math.min(top, control.getBoundingClientRect().top);
        }
      }
    }
    host.style.setProperty("--lift", `${Math.max(0, box.bottom + 12 - top)}px`);
  }

  function isPinned(node) {
    return node && (/fixed|sticky/.test(getComputedStyle(node).position) || isPinned(node.parentElement));
  }

  /* Pages that swap their body take the chat with it: put it back, a frame later so that nobody loops. */
  const keeper = new MutationObserver(() => host.parentNode === home() || requestAnimationFrame(attach));

  /* Outside of a page's modal dialog all is inert: while one is open, the chat is in it. */
  function home() {
    const dialogs = host.showPopover ? document.querySelectorAll("dialog:modal") : [];
    return dialogs[dialogs.length - 1] || document.body;
  }

  function attach() {
    if (window.Answerwell !== api) return;
    const to = home();
    const focused = root.activeElement;
    if (host.parentNode !== to) {
      to.append(host);
      if (host.showPopover) host.showPopover(); // its corner is the window's then, whatever the page transforms
      if (focused) focused.focus();
    }
    for (const parent of [document.documentElement, document.body]) keeper.observe(parent, { childList: true });
    keeper.observe(document, { subtree: true, attributeFilter: ["open"], childList: to !== document.body });
    place();
  }

  function draw() {
    const [svg, chat, down] = ["svg", "path", "path"].map((tag) =>
      document.createElementNS("http://www.w3.org/2000/svg", tag),
    );
    svg.setAttribute("viewBox", "0 0 24 24");
    chat.setAttribute("d", "M4 5.5h16v11H11l-4.5 3.5v-3.5H4z");
    down.setAttribute("d", "m6 9.5 6 6 6-6");
    svg.append(chat, down);
    launcher.append(svg);
    launcher.className = "launcher";
    launcher.type = "button";
    launcher.setAttribute("part", "launcher");
    launcher.setAttribute("aria-haspopup", "dialog");
    notice.className = "load-error";
    notice.setAttribute("role", "alert");
    launcher.onclick = () => (isOpen ? close() : open());
    launcher.onpointerenter = launcher.onfocus = () => load().catch(() => {}); // shown when it is clicked
    if (options.launcher !== "hidden") root.append(launcher);
  }

  function start() {
    const accent = /^#[0-9a-f]{6}$/i.test(options.accent) ? options.accent : "#0b5fff";
    const ink = light(accent) > 0.183 ? "#000" : "#fff"; // one of the two always reaches 4.5 to 1
    const looks = { accent, "on-accent": ink, x: `${+options.offsetX || 0}px`, y: `${+options.offsetY || 0}px` };
    for (const name in looks) host.style.setProperty(`--${name}`, looks[name]);
    host.setAttribute("popover", "manual");
    host.dataset.side = /^(left|right)$/.test(options.position) ? options.position : texts.dir ? "left" : "right";
    adopt(server.css);
    draw();
    show(false);
    attach();
    for (const event of ["resize", "load"]) addEventListener(event, place);
    document.addEventListener("click", follow);
    if (wasOpen && !phone.matches) open({ focus: false });
    document.dispatchEvent(new CustomEvent("answerwell:ready"));
    if (early) [...early].forEach(push);
  }

  function push([method, ...given]) {
    return api[method](...given);
  }

  window.Answerwell = api;
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
})();
