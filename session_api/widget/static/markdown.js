/* The safe part of Markdown, as elements. HTML stays text; pictures become links, so that no answer can load anything. */

import { element, iconButton, link, safeAddress } from "./dom.js";

/* Characters that no text carries; they mark where sources are cited: REF number END. */
const REF = "\uE000";
const END = "\uE001";
const DEEPEST = 6;
const LONGEST_LABEL = 1000;
const LONGEST_TARGET = 2048;
const BULLET = /^( {0,3})([-*+]|\d{1,9}[.)])( +|$)/;
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*$/;
const RULE = /^ {0,3}([-*_])( *\1){2,} *$/;
const HEADING = /^ {0,3}#{1,6} +(.*?)(?: +#+)? *$/;
const DELIMITERS = /^ *\|? *:?-+:? *(\| *:?-+:? *)*\|? *$/;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: "\u00A0", "#39": "'" };

/* What a model leaks of its own citation marks, complete or still arriving. */
export function withoutLeaks(text) {
  return text
    .replace(/\uE200[^\uE201]{0,200}\uE201/g, "")
    .replace(/\uE200[^\uE201]*$/, "")
    .replace(/[\uE000-\uF8FF]/g, "");
}

/* Marks the text at each annotation. Their index counts characters, not UTF-16 halves. */
export function cited(text, marks) {
  const characters = Array.from(text);
  let marked = "";
  let from = 0;
  for (const { index, number } of [...marks].sort((a, b) => a.index - b.index)) {
    const at = Math.max(from, Math.min(index, characters.length));
    marked += withoutLeaks(characters.slice(from, at).join("")) + REF + number + END;
    from = at;
  }
  return marked + withoutLeaks(characters.slice(from).join(""));
}

/* Draws a text that grows. Blocks that did not change keep their elements, so that nothing moves or loses focus. */
export function drawing(container, tools) {
  let drawn = [];
  return (text, { open = false } = {}) => {
    const found = blocks(text.replace(/\r\n?/g, "\n").split("\n"));
    if (open && heldBack(found[found.length - 1])) found.pop();
    let same = 0;
    while (same < found.length && same < drawn.length && found[same].source === drawn[same].source && !drawn[same].open)
      same += 1;
    drawn.slice(same).forEach((block) => block.node.remove());
    drawn = drawn.slice(0, same);
    found.slice(same).forEach((block, at) => {
      const last = open && same + at === found.length - 1;
      const node = draw(block, { ...tools, open: last }, 0);
      container.append(node);
      drawn.push({ source: block.source, node, open: last });
    });
  };
}

/* A table's first lines look like a paragraph until its second line is there. */
function heldBack(block) {
  return block && block.type === "paragraph" && /^ *\|/.test(block.lines[0]) && block.lines.length < 3;
}

function blocks(lines) {
  const found = [];
  for (let at = 0; at < lines.length;) {
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    const type = typeOf(lines, at);
    const end = ENDS[type](lines, at);
    const own = lines.slice(at, end);
    found.push({ type, lines: own, source: own.join("\n") });
    at = end;
  }
  return found;
}

function typeOf(lines, at) {
  const line = lines[at];
  if (FENCE.test(line)) return "code";
  if (HEADING.test(line)) return "heading";
  if (RULE.test(line)) return "rule";
  if (/^ {0,3}>/.test(line)) return "quote";
  if (BULLET.test(line)) return "list";
  if (line.includes("|") && lines[at + 1] && lines[at + 1].includes("-") && DELIMITERS.test(lines[at + 1]))
    return "table";
  return "paragraph";
}

const ENDS = {
  heading: (lines, at) => at + 1,
  rule: (lines, at) => at + 1,
  code(lines, at) {
    const fence = FENCE.exec(lines[at])[1];
    const ends = (line) => line.trim().startsWith(fence) && !line.trim().split(fence[0]).join("");
    for (let end = at + 1; end < lines.length; end += 1) if (ends(lines[end])) return end + 1;
    return lines.length;
  },
  quote: (lines, at) => until(lines, at, (line) => !line.trim() || BULLET.test(line)),
  table: (lines, at) => until(lines, at, (line) => !line.includes("|")),
  paragraph: (lines, at) =>
    until(
      lines,
      at,
      (line, next) => !line.trim() || (typeOf(lines, next) !== "paragraph" && !/^ *(?!1[.)])\d/.test(line)),
    ),
  list(lines, at) {
    const ordered = /\d/.test(BULLET.exec(lines[at])[2]);
    return until(lines, at, (line, next) => {
      const bullet = sibling(line, lines[at]);
      if (bullet) return /\d/.test(bullet[2]) !== ordered || RULE.test(line);
      if (line.trim())
        return !/^ {2,}|^\t/.test(line) && (!lines[next - 1].trim() || typeOf(lines, next) !== "paragraph");
      while (next < lines.length && !lines[next].trim()) next += 1;
      return next === lines.length || !(BULLET.test(lines[next]) || /^ {2,}|^\t/.test(lines[next]));
    });
  },
};

function until(lines, at, ends) {
  for (let next = at + 1; next < lines.length; next += 1) if (ends(lines[next], next)) return next;
  return lines.length;
}

function draw(block, tools, depth) {
  return DRAW[depth < DEEPEST ? block.type : "paragraph"](block.lines, tools, depth);
}

function drawAll(lines, tools, depth) {
  const found = blocks(lines);
  return found.map((block, at) => draw(block, { ...tools, open: tools.open && at === found.length - 1 }, depth));
}

const DRAW = {
  paragraph: (lines, tools) => words(element("p", { dir: "auto" }), lines.join("\n"), tools),
  heading: (lines, tools) => words(element("h4", { dir: "auto" }), HEADING.exec(lines[0])[1], tools),
  rule: () => element("hr"),
  quote: (lines, tools, depth) =>
    element(
      "blockquote",
      {},
      drawAll(
        lines.map((line) => line.replace(/^ {0,3}> ?/, "")),
        tools,
        depth + 1,
      ),
    ),
  code(lines, tools) {
    const [, fence, language] = FENCE.exec(lines[0]);
    const closed = lines.length > 1 && lines[lines.length - 1].trim().startsWith(fence);
    const text = plain(lines.slice(1, closed ? -1 : undefined).join("\n"));
    const code = element(
      "pre",
      { tabindex: "0", dir: "ltr", role: "region", "aria-label": tools.texts.code },
      element("code", {}, text),
    );
    const button = iconButton("copy", tools.texts.copy, () => tools.copy(text, button));
    return element(
      "div",
      { class: "code" },
      element("div", { class: "code-bar" }, element("span", {}, language), button),
      code,
    );
  },
  table(lines, tools) {
    const cell = (tag) => (text) => words(element(tag, { dir: "auto" }), text, tools);
    const head = element("tr", {}, cells(lines[0]).map(cell("th")));
    const rows = lines.slice(2).map((line) => element("tr", {}, cells(line).map(cell("td"))));
    return element(
      "div",
      { class: "table", tabindex: "0", role: "region", "aria-label": tools.texts.table },
      element("table", {}, element("thead", {}, head), element("tbody", {}, rows)),
    );
  },
  list(lines, tools, depth) {
    const first = BULLET.exec(lines[0])[2];
    const start = parseInt(first, 10);
    const list = element(start >= 0 ? "ol" : "ul", {
      start: start >= 0 && start !== 1 ? start : null,
      dir: direction(lines.join("")),
    });
    const entries = [];
    for (const line of lines) {
      const bullet = sibling(line, lines[0]);
      if (bullet) entries.push({ width: bullet[0].length, lines: [line.slice(bullet[0].length)] });
      else entries[entries.length - 1].lines.push(dedented(line, entries[entries.length - 1].width));
    }
    entries.forEach((entry, at) =>
      list.append(listed(entry.lines, { ...tools, open: tools.open && at === entries.length - 1 }, depth)),
    );
    return list;
  },
};

/* The way a text runs, by its first letter. Lists cannot leave that to the browser, which skips what has a way of its own. */
function direction(text) {
  return /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/.test(/\p{L}|$/u.exec(text)[0]) ? "rtl" : "ltr";
}

/* The bullet of a line that stands beside the first one, not below it. */
function sibling(line, first) {
  const bullet = BULLET.exec(line);
  return bullet && bullet[1].length < BULLET.exec(first)[1].length + 2 ? bullet : null;
}

/* A short entry is a line; one with paragraphs or lists of its own keeps them. */
function listed(lines, tools, depth) {
  const parts = drawAll(lines, tools, depth + 1);
  const entry = element("li");
  for (const part of parts)
    entry.append(...(part.tagName === "P" && !lines.some((line) => !line.trim()) ? part.childNodes : [part]));
  return entry;
}

function dedented(line, width) {
  return line.replace(/^\t/, "    ").replace(new RegExp(`^ {0,${Math.max(2, Math.min(width, 8))}}`), "");
}

function cells(line) {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((text) => text.trim().replace(/\\\|/g, "|"));
}

function plain(text) {
  return text.replace(/\uE000\d*\uE001/g, "");
}

/* Text with emphasis, code, links and citations. Every search that fails is not made twice: long texts stay cheap. */
function words(parent, text, tools, depth = 0, dead = {}) {
  let kept = "";
  const put = (...nodes) => {
    if (kept) parent.append(kept);
    kept = "";
    parent.append(...nodes);
  };
  for (let at = 0; at < text.length;) {
    const rule = INLINE[text[at]];
    const found = rule && rule(text, at, tools, depth, dead);
    if (found) {
      if (found.text !== undefined) kept += found.text;
      else put(found.node);
      at = found.end;
    } else {
      kept += text[at];
      at += 1;
    }
  }
  put();
  return parent;
}

const INLINE = {
  "\\": (text, at) =>
    /[\\`*_{}[\]()#+\-.!~|<>&]/.test(text[at + 1] || "") ? { text: text[at + 1], end: at + 2 } : null,
  "\n": (text, at) => ({ node: element("br"), end: at + 1 }),
  "&"(text, at) {
    const entity = /^&(amp|lt|gt|quot|nbsp|#39);/.exec(text.slice(at, at + 6));
    return entity && { text: ENTITIES[entity[1]], end: at + entity[0].length };
  },
  [REF](text, at, tools) {
    const mark = /^.(\d+)\uE001/.exec(text.slice(at, at + 9));
    if (!mark || tools.inLink) return { text: "", end: at + (mark ? mark[0].length : 1) }; // a link cannot hold another
    return { node: tools.citation(Number(mark[1])), end: at + mark[0].length };
  },
  "`"(text, at, tools, depth, dead) {
    const ticks = /^`+/.exec(text.slice(at, at + 40))[0];
    if (dead[ticks]) return { text: ticks, end: at + ticks.length };
    let end = at;
    do end = text.indexOf(ticks, end + ticks.length);
    while (end >= 0 && text[end + ticks.length] === "`");
    if (end < 0 && !tools.open) dead[ticks] = true;
    if (end < 0 && !tools.open) return { text: ticks, end: at + ticks.length };
    const inner = plain(text.slice(at + ticks.length, end < 0 ? undefined : end)).replace(/^ (.+) $/, "$1");
    return { node: element("code", { dir: "ltr" }, inner), end: end < 0 ? text.length : end + ticks.length };
  },
  "*": (...given) => emphasis("*", ...given),
  _: (...given) => emphasis("_", ...given),
  "~": (text, at, ...rest) => (text[at + 1] === "~" ? emphasis("~", text, at, ...rest) : null),
  "!": (text, at, ...rest) => (text[at + 1] === "[" ? linked(text, at + 1, ...rest) : null),
  "[": (...given) => linked(...given),
  "<"(text, at, tools) {
    const address = /^<([a-z]+:[^\s<>]+)>/i.exec(text.slice(at, at + LONGEST_TARGET));
    return address && autolink(plain(address[1]), at + address[0].length, tools);
  },
  h(text, at, tools) {
    if (/\w/.test(text[at - 1] || "") || !/^https?:\/\//.test(text.slice(at, at + 8))) return null;
    const address = /^[^\s<>"`\uE000\uE001*]+/
      .exec(text.slice(at, at + LONGEST_TARGET))[0]
      .replace(/[.,:;!?'’”)\]]+$/, "");
    return autolink(address, at + address.length, tools);
  },
};

function emphasis(mark, text, at, tools, depth, dead) {
  const delimiter = text[at + 1] === mark ? mark + mark : mark;
  const from = at + delimiter.length;
  const opens = /\S/.test(text[from] || "") && !(mark === "_" && /\w/.test(text[at - 1] || ""));
  if (!opens || dead[delimiter] || depth >= DEEPEST) return { text: delimiter, end: from };
  let end = from;
  do end = text.indexOf(delimiter, end + 1);
  while (end >= 0 && !closes(text, end, delimiter));
  if (end < 0 && !(tools.open && delimiter.length === 2)) {
    dead[delimiter] = true;
    return { text: delimiter, end: from };
  }
  const tag = mark === "~" ? "s" : delimiter.length === 2 ? "strong" : "em";
  const inner = words(element(tag), text.slice(from, end < 0 ? undefined : end), tools, depth + 1);
  return { node: inner, end: end < 0 ? text.length : end + delimiter.length };
}

function closes(text, end, delimiter) {
  if (/\s/.test(text[end - 1]) || text[end - 1] === "\\") return false;
  if (delimiter.length === 1 && (text[end + 1] === delimiter || text[end - 1] === delimiter)) return false;
  if (delimiter.length === 2 && text[end + 2] === delimiter[0]) return false;
  return delimiter[0] !== "_" || !/\w/.test(text[end + delimiter.length] || "");
}

/* [label](address "title"), and pictures, which become links to themselves. */
function linked(text, at, tools, depth) {
  if (tools.inLink) return null;
  const close = closing(text, at, "[", "]", LONGEST_LABEL);
  const arriving =
    tools.open &&
    (close < 0
      ? !/\n/.test(text.slice(at))
      : close === text.length - 1 || (text[close + 1] === "(" && !text.slice(close).includes(")")));
  if (arriving)
    return {
      node: words(
        element("span"),
        text.slice(at + 1, close < 0 ? undefined : close),
        { ...tools, inLink: true },
        depth + 1,
      ),
      end: text.length,
    };
  if (close < 0 || text[close + 1] !== "(") return null;
  const end = closing(text, close + 1, "(", ")", LONGEST_TARGET);
  if (end < 0) return null;
  const address = safeAddress(
    plain(text.slice(close + 2, end))
      .trim()
      .split(/\s/)[0]
      .replace(/^<|>$/g, ""),
  );
  const label = text.slice(at + 1, close);
  const node = address ? link(address, {}) : element("span");
  return { node: words(node, label || address || "", { ...tools, inLink: true }, depth + 1), end: end + 1 };
}

function closing(text, at, opening, ending, longest) {
  let depth = 0;
  for (let end = at; end < Math.min(text.length, at + longest); end += 1) {
    if (text[end] === "\\") end += 1;
    else if (text[end] === opening) depth += 1;
    else if (text[end] === ending && (depth -= 1) === 0) return end;
  }
  return -1;
}

function autolink(text, end, tools) {
  const address = tools.inLink ? null : safeAddress(text);
  return { node: address ? link(address, {}, text.replace(/^mailto:/, "")) : element("span", {}, text), end };
}
