// The job statuses that the page knows. The server may send others: they come last, in one colour.

/** From the bottom of the chart to its top: failures at the bottom, where their heights compare best. */
const ORDER = ["failed", "in_progress", "completed"];

export const statusRank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
export const statusClass = (name: string): string => (ORDER.includes(name) ? name : "other");
export const statusLabel = (name: string): string => (name === "in_progress" ? "in progress" : name);
