// A button that is on or off, and calls back after each click.

import type { Child } from "./dom.ts";
import { h } from "./dom.ts";

export function toggle(kind: string, pressed: boolean, onChange: (pressed: boolean) => void, ...content: Child[]): HTMLButtonElement {
  const button = h("button", { type: "button", class: kind, "aria-pressed": String(pressed) }, ...content);
  button.addEventListener("click", () => {
    const now = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(now));
    onChange(now);
  });
  return button;
}

export function chip(text: string, kind: string, pressed: boolean, onChange: (pressed: boolean) => void): HTMLButtonElement {
  return toggle(`chip ${kind}`, pressed, onChange, text);
}
