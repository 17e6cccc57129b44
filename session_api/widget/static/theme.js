/* Colours that can be read whatever the accent. */

const RADII = { sharp: 3, soft: 10, round: 18, pill: 26 };
const LEGIBLE = 4.6;

/* Sets theme, radius and the accent's readable shades on the panel; returns what to listen to for another theme. */
export function themed(panel, host, options, light) {
  const accent = host.style.getPropertyValue("--accent");
  panel.style.setProperty("--radius", `${RADII[options.radius] || parseFloat(options.radius) || RADII.round}px`);
  panel.style.setProperty("--on-light", shade(accent, "#f4f5f7", 0, light));
  panel.style.setProperty("--on-dark", shade(accent, "#22262d", 255, light));
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    panel.dataset.theme = /^(light|dark)$/.test(options.theme) ? options.theme : dark.matches ? "dark" : "light";
  };
  apply();
  return [dark, "change", apply];
}

/* The colour itself where it is legible on the background, else the nearest mixture with black or white that is. */
function shade(colour, background, towards, light) {
  for (let part = 0; part <= 1; part += 0.05) {
    const mixed = `#${[1, 3, 5].map((at) => mix(parseInt(colour.slice(at, at + 2), 16), towards, part)).join("")}`;
    const [bright, dim] = [light(mixed), light(background)].sort((a, b) => b - a);
    if ((bright + 0.05) / (dim + 0.05) >= LEGIBLE) return mixed;
  }
  return towards ? "#ffffff" : "#000000";
}

function mix(from, to, part) {
  return Math.round(from + (to - from) * part)
    .toString(16)
    .padStart(2, "0");
}
