// The button that sends a question to the model, and confirms in place that it was sent.

import { h, replace } from "./dom.ts";
import type { HostActions } from "./host.ts";

export function askButton(label: string, title: string, question: () => string, actions: HostActions): HTMLElement {
  const button = h("button", { type: "button", class: "ask", "aria-label": title });
  const ask = async (): Promise<void> => {
    const sent = await actions.askModel(question());
    if (sent) button.removeAttribute("aria-label");
    replace(button, sent ? "Asked ✓" : label);
  };
  replace(button, label);
  button.addEventListener("click", () => void ask());
  return button;
}
