/* Mobile dialog: on a phone the chat is the whole screen. It ends where the keyboard begins, and keeps the focus. */

const STOPS = "a[href], button, textarea, input, summary, [tabindex='0']";

/* `phone`: the media query of screens that the chat fills. */
export function mobileDialog(node, phone) {
  let overflow = null; // the page's own, while it stands still behind a full screen

  function fit() {
    const visible = window.visualViewport;
    node.setAttribute("aria-modal", String(phone.matches));
    lock(phone.matches && !node.hidden);
    const fits = phone.matches && visible && Math.abs(visible.scale - 1) < 0.01;
    node.style.setProperty("--height", fits ? `${visible.height}px` : "100dvh");
    node.style.setProperty("--top", fits ? `${visible.offsetTop}px` : "0px");
  }

  function lock(locked) {
    const page = document.documentElement.style;
    if (locked === (overflow !== null)) return;
    if (locked) overflow = page.overflow;
    page.overflow = locked ? "hidden" : overflow;
    if (!locked) overflow = null;
  }

  /* Tab goes round in circles. */
  function keepFocus(event, root) {
    if (!phone.matches) return;
    const all = [...node.querySelectorAll(STOPS)];
    const stops = all.filter((stop) => !stop.disabled && stop.tabIndex >= 0 && stop.getClientRects().length);
    const [first, last] = [stops[0], stops[stops.length - 1]];
    if (root.activeElement !== (event.shiftKey ? first : last)) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  function update(state, before) {
    if (state.open !== before.open) fit();
  }

  return { fit, lock, keepFocus, update };
}
