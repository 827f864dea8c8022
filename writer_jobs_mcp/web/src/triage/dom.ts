// Creates elements from plain values. Strings become text nodes, never markup.

type Value = string | number | boolean | undefined | ((event: Event) => void);
export type Child = Node | string | undefined | false | Child[]; // empty and false children are skipped

/** Create an element. A function (`onclick` …) becomes a listener; false and undefined attributes are skipped. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

/** Show untrusted text as text, with its own writing direction, isolated from the text around it. */
export function quoted(text: string, name: "span" | "pre" | "code" = "span"): HTMLElement {
  return h(name, { dir: "auto", class: "quoted" }, text);
}

export function replace(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child) element.append(child);
  }
}
