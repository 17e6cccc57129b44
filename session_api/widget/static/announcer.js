/* Announcer: a live region for screen readers. Whole sentences as they are complete, never parts of words. */

import { textOf, withSources } from "./conversation.js";
import { element } from "./dom.js";

export function announcer(texts) {
  const node = element("div", { class: "visually-hidden", "aria-live": "polite", "aria-relevant": "additions" });
  let answer = null; // the key of the answer that is being read
  let read = 0; // how many of its characters were

  function say(text) {
    if (text.trim()) node.append(element("p", {}, text.trim()));
  }

  /* Say what is new and whole in a text that grows; at its end all that is left, and how many sources there are. */
  function follow(entry) {
    if (entry.key !== answer) [answer, read] = [entry.key, 0];
    const rest = textOf(entry).slice(read);
    const whole = entry.state === "done" ? rest.length : sentencesIn(rest);
    read += whole;
    say(unmarked(rest.slice(0, whole)));
    const sources = entry.state === "done" ? withSources(entry).sources.length : 0;
    if (sources) say(`${texts.sources}: ${sources}`);
  }

  function update(state, before) {
    const { running, entries, announcement } = state;
    if (running && running.number !== (before.running || {}).number) node.replaceChildren();
    if (running && entries !== before.entries) {
      const known = new Set(before.entries);
      for (const entry of entries) if (entry.role === "answer" && !known.has(entry)) follow(entry);
    }
    if (announcement !== before.announcement) say(announcement.text);
  }

  return { node, update };
}

/* How much of a text is whole sentences or lines. */
function sentencesIn(text) {
  const ends = /[\s\S]*(?:[.!?。！？؟…]["')\]»”]*\s|\n)/.exec(text);
  return ends ? ends[0].length : 0;
}

function unmarked(text) {
  return text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*_`#>|~\uE000-\uF8FF]+/g, "");
}
