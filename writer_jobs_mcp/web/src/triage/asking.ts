// The button that lets the user ask the model, and says at its own place that it did.

import { h, replace } from "./dom.ts";
import type { Deeds } from "./host.ts";

export function asking(label: string, about: string, text: () => string, deeds: Deeds): HTMLButtonElement {
  const button = h("button", { type: "button", class: "asking", "aria-label": about });
  const ask = async (): Promise<void> => {
    const passed = await deeds.ask(text());
    if (passed) button.removeAttribute("aria-label");
    replace(button, passed ? "Asked ✓" : label);
  };
  replace(button, label);
  button.addEventListener("click", () => void ask());
  return button;
}
