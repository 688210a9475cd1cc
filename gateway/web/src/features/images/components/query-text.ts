// What stands in quotes keeps its spaces and commas.
const OUTSIDE_QUOTES = String.raw`(?=(?:[^"]*"[^"]*")*[^"]*$)`;
const SPACES = new RegExp(String.raw`\s+${OUTSIDE_QUOTES}`);
const COMMAS = new RegExp(`,${OUTSIDE_QUOTES}`);

function terms(query: string): string[] {
  return query.split(SPACES).filter((each) => each !== "");
}

function valuesOf(term: string, field: string): string[] {
  return term.startsWith(`${field}:`) ? term.slice(field.length + 1).split(COMMAS) : [];
}

/** Whether a query asks for a value of a field in a term of its own; `value` as it is written in a query. */
export function hasValue(query: string, field: string, value: string): boolean {
  const found = terms(query);
  return valuesOf(found[ownTerm(found, field)] ?? "", field).includes(value);
}

/** A query that allows one more value of a field, or one less where it stood before; values of one field are any-of. */
export function withValue(query: string, field: string, value: string): string {
  const found = terms(query);
  const at = ownTerm(found, field);
  if (at < 0) return [...guarded(found), `${field}:${value}`].join(" ");
  const before = valuesOf(found[at] ?? "", field);
  const after = before.includes(value) ? before.filter((each) => each !== value) : [...before, value];
  const term = after.length > 0 ? [`${field}:${after.join(",")}`] : [];
  return [...found.slice(0, at), ...term, ...found.slice(at + 1)].join(" ");
}

/** A value as people read it: without the quotes that the query language needs around some. */
export function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}

/** Index of the term that every image found must meet for a field; -1 for none. */
function ownTerm(found: string[], field: string): number {
  if (isAlternative(found)) return -1;
  return found.findIndex((term, index) => term.startsWith(`${field}:`) && depthBefore(found, index) === 0 && !/^(NOT|제외)$/.test(found[index - 1] ?? ""));
}

/** Whether a query is an OR outside all brackets. */
function isAlternative(found: string[]): boolean {
  return found.some((term, index) => /^(OR|또는)$/.test(term) && depthBefore(found, index) === 0);
}

function depthBefore(found: string[], index: number): number {
  const signs = found.slice(0, index).join(" ").replace(/"[^"]*"/g, "");
  return (signs.match(/[([]/g)?.length ?? 0) - (signs.match(/[)\]]/g)?.length ?? 0);
}

/** Terms to which one more can be added: an OR binds less than a space, so it goes into brackets. */
function guarded(found: string[]): string[] {
  return isAlternative(found) ? [`(${found.join(" ")})`] : found;
}
