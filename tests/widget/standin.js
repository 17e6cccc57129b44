// Stands in for OpenAI's script, which tests cannot load: it records what it is given and does what it is told.
window.chatkit = { options: [], sent: [] };
customElements.define("openai-chatkit", class extends HTMLElement {
  setOptions(options) {
    chatkit.options.push(options);
    chatkit.element = this;
    this.textContent = "ChatKit";
    const error = new Error("Domain verification failed for this site");
    if (BEHAVIOUR === "ready") setTimeout(() => this.dispatchEvent(new CustomEvent("chatkit.ready")));
    if (BEHAVIOUR === "refused") setTimeout(() => this.dispatchEvent(new CustomEvent("chatkit.error", { detail: { error } })));
  }
  async sendUserMessage(message) { chatkit.sent.push(message); }
  async focusComposer() {}
});
