// Writes a table as CSV (RFC 4180) in which a spreadsheet finds no formula.

// Spreadsheets run what follows these as a formula, also in their full-width forms.
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** The table as text; each cell that could be a formula begins with an apostrophe. */
export function csvText(rows: string[][]): string {
  return rows.map((row) => `${row.map(csvCell).join(",")}\r\n`).join("");
}

function csvCell(value: string): string {
  return `"${FORMULA.test(value) ? "'" : ""}${value.replaceAll('"', '""')}"`;
}
