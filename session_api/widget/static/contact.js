/* A person to talk to: the way that is configured, and the conversation carried along. */

import { withSources } from "./conversation.js";
import { button, copy, element, icon, link, safeAddress } from "./dom.js";

const MAX_MAIL = 1800; // what mail programs and servers still take, in encoded characters

export function contactPage(store, { texts, options }) {
  const transcript = transcriptOf(store.getState().entries, texts);
  const copied = element("p", { class: "aside", hidden: true });
  const copyIt = async () => {
    const done = await copy(transcript);
    copied.textContent = done ? texts.copied : texts.notCopied;
    copied.hidden = false;
    if (!done) shown.open = true;
    store.dispatch("announce", copied.textContent);
  };
  const ways = [form, email, page].map((way) => way(texts, options, transcript, copyIt));
  const contactable = ways.some(Boolean);
  if (!contactable)
    console.warn("Answerwell: nobody can be contacted; set contact_email, contact_url or contact_form under [widget]");
  const shown = element(
    "details",
    {},
    element("summary", {}, texts.transcript),
    element("pre", { class: "transcript", tabindex: "0", dir: "auto" }, transcript),
  );
  const used = ({ target }) => target.closest(".button") && store.dispatch("handOff");
  const node = element(
    "div",
    { class: "page", onclick: used },
    element("h3", { tabindex: "-1" }, texts.person),
    element("p", {}, options.contactText || (contactable ? transcript && texts.personIntro : texts.personNone)),
    ways,
    transcript && [element("div", { class: "row" }, button("button quiet", copyIt, icon("copy"), texts.copyTalk)), copied, shown],
  );
  return { node };
}

/* The conversation as plain text, with its sources. */
export function transcriptOf(entries, texts) {
  const parts = entries.map((entry) => {
    const { text, sources } = withSources(entry);
    const words = text.replace(/\uE000(\d+)\uE001/g, " [$1]").replace(/\*\*/g, "");
    const named = sources.map((source, at) => `[${at + 1}] ${source.title} ${source.url || ""}`.trim());
    return [`${entry.role === "question" ? texts.you : texts.they}: ${words}`, ...named].join("\n");
  });
  return parts.join("\n\n");
}

function email(texts, options, transcript) {
  if (!options.contactEmail) return null;
  const subject = encodeURIComponent(texts.subject);
  const address = safeAddress(`mailto:${options.contactEmail}?subject=${subject}&body=${shortened(transcript)}`);
  const way = element("a", { class: "button", href: address }, icon("mail"), texts.email);
  const note = (transcript ? texts.emailNote : "{email}").replace("{email}", () => options.contactEmail);
  return address && element("div", {}, way, element("p", { class: "aside" }, note));
}

function page(texts, options, transcript, copyIt) {
  if (!options.contactUrl) return null;
  const carried = options.contactUrl.includes("{transcript}");
  const address = safeAddress(options.contactUrl.replace("{transcript}", () => shortened(transcript)));
  const label = [icon("link"), texts.page, element("span", { class: "visually-hidden" }, ` (${texts.newTab})`)];
  if (!address) return null;
  const way = link(address, { class: "button", onclick: () => carried || copyIt() }, label);
  return element("div", {}, way, !carried && transcript && element("p", { class: "aside" }, texts.pageNote));
}

/* A plain form: it reaches any server, in a tab of its own, with a conversation of any length. */
function form(texts, options, transcript) {
  const address = safeAddress(options.contactForm || "");
  if (!address) return null;
  const kept = element("textarea", { name: "transcript", hidden: true });
  kept.value = transcript;
  return element(
    "form",
    { method: "post", action: address, target: "_blank", rel: "noopener" },
    element(
      "label",
      {},
      texts.formEmail,
      element("input", { type: "email", name: "email", required: true, autocomplete: "email", dir: "ltr" }),
    ),
    element(
      "label",
      {},
      texts.formMessage,
      element("textarea", { name: "message", rows: "3", required: true, dir: "auto" }),
    ),
    kept,
    element("input", { type: "hidden", name: "page", value: location.href }),
    element("button", { class: "button", type: "submit" }, texts.formSend),
    element("p", { class: "aside" }, texts.formNote),
  );
}

/* The newest part that fits into an address; the whole can be copied. */
function shortened(transcript) {
  let kept = Array.from(transcript).slice(-MAX_MAIL);
  while (encodeURIComponent(kept.join("")).length > MAX_MAIL) kept = kept.slice(Math.ceil(kept.length / 8));
  return encodeURIComponent(kept.join(""));
}
