/* What a screen reader hears: whole sentences as they are complete, never parts of words. */

import { element } from "./dom.js";

export class Aloud {
  constructor(region, texts) {
    Object.assign(this, { region, texts, heard: 0 });
  }

  /* Another answer begins. */
  begin() {
    this.heard = 0;
    this.region.replaceChildren();
  }

  say(text) {
    if (text.trim()) this.region.append(element("p", {}, text.trim()));
  }

  /* Say what is new and whole in a text that grows; at its end all that is left, and how many sources there are. */
  read(text, ended, sources) {
    const rest = text.slice(this.heard);
    const whole = ended ? rest.length : spoken(rest);
    this.heard += whole;
    this.say(unmarked(rest.slice(0, whole)));
    if (ended && sources) this.say(`${this.texts.sources}: ${sources}`);
  }
}

/* How much of a text is whole sentences or lines. */
function spoken(text) {
  const ends = /[\s\S]*(?:[.!?。！？؟…]["')\]»”]*\s|\n)/.exec(text);
  return ends ? ends[0].length : 0;
}

function unmarked(text) {
  return text.replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/[*_`#>|~\uE000-\uF8FF]+/g, "");
}
