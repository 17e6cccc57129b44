/* Elements without markup: nothing here parses HTML, so nothing that anybody wrote can become any. */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  back: "m14 6-6 6 6 6",
  close: "m6 6 12 12M18 6 6 18",
  compose: "M12 5v14M5 12h14",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  clock: "M12 4a8 8 0 1 0 .01 0M12 8v4.5l3 2",
  down: "M12 5v14m-6-6 6 6 6-6",
  link: "M13 5h6v6M19 5l-9 9M16 13v6H5V8h6",
  mail: "M4 6h16v12H4zm0 1 8 6 8-6",
  person: "M12 4a4 4 0 1 0 .01 0M5 20c0-4 3-6 7-6s7 2 7 6",
  retry: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  send: "M12 19V5m-6 6 6-6 6 6",
  stop: "M8 8h8v8H8z",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  up: "M7 11v9H4v-9zM7 11l4-7c2 0 3 1 2.5 3L13 10h6l-1.5 10H7",
  unhelpful: "M17 13V4h3v9zM17 13l-4 7c-2 0-3-1-2.5-3l.5-3H5L6.500 4H17",
};

/* Text becomes text nodes; null and false become nothing. `on…` are listeners, the rest attributes. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(name) {
  const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS(SVG, tag));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/* A button of a kind, which is also its part for the page's styles. */
export function button(kind, onclick, ...children) {
  return element("button", { type: "button", class: kind, part: kind.split(" ")[0], onclick }, ...children);
}

/* A button that shows a picture and says its name. */
export function iconButton(name, label, onclick, attributes = {}) {
  return element(
    "button",
    { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...attributes },
    icon(name),
  );
}

/* Where a link may lead: the web, a mailbox or a phone. Anything else, relative addresses included, is null. */
export function safeAddress(text) {
  try {
    const url = new URL(text);
    return /^(https?|mailto|tel):$/.test(url.protocol) && !url.username && !url.password ? url.href : null;
  } catch {
    return null;
  }
}

/* The day of a timestamp, as it is written in a language; nothing where there is none. */
export function dateOf(timestamp, language) {
  const at = Date.parse(timestamp);
  return Number.isNaN(at) ? "" : new Intl.DateTimeFormat(language, { dateStyle: "medium" }).format(at);
}

/* A link that keeps the chat where it is and tells the other page nothing it could use against this one. */
export function link(address, attributes, ...children) {
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...attributes }, ...children);
}

/* Puts text on the clipboard; returns whether the browser allowed it, which it does on secure pages. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
