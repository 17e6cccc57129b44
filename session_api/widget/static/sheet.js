/* On a phone the chat is the whole screen: it ends where the keyboard begins, and keeps the focus. */

const STOPS = "a[href], button, textarea, input, summary, [tabindex='0']";

export class Sheet {
  constructor(node, phone) {
    Object.assign(this, { node, phone, unlocked: null });
  }

  fit() {
    const phone = this.phone.matches;
    const seen = window.visualViewport;
    this.node.setAttribute("aria-modal", String(phone));
    this.lock(phone && !this.node.hidden);
    const fits = phone && seen && Math.abs(seen.scale - 1) < 0.01;
    this.node.style.setProperty("--height", fits ? `${seen.height}px` : "100dvh");
    this.node.style.setProperty("--top", fits ? `${seen.offsetTop}px` : "0px");
  }

  /* The page behind a full screen stands still. */
  lock(locked) {
    const page = document.documentElement.style;
    if (locked === (this.unlocked !== null)) return;
    if (locked) this.unlocked = page.overflow;
    page.overflow = locked ? "hidden" : this.unlocked;
    if (!locked) this.unlocked = null;
  }

  /* Tab goes round in circles. */
  keep(event, root) {
    const all = [...this.node.querySelectorAll(STOPS)];
    const stops = all.filter((stop) => !stop.disabled && stop.tabIndex >= 0 && stop.getClientRects().length);
    const [first, last] = [stops[0], stops[stops.length - 1]];
    if (root.activeElement !== (event.shiftKey ? first : last)) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}
