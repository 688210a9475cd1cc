import { cutOr, isWhole, joinParts, parts, quoted } from "@/features/images/query/query-text";

export const OPERATORS = [":", "!=", "<", "<=", ">", ">="] as const;
export type Operator = (typeof OPERATORS)[number];
export type Mode = "all" | "any" | "none";

/** A comparison, such as `conf<0.6`; `value` as it is written in a query. */
export interface Condition {
  kind: "condition";
  field: string;
  operator: Operator;
  value: string;
}

/** What the builder shows as it is written, such as `box[label:crack area>500]`. */
interface Written {
  kind: "written";
  text: string;
}

export interface Group {
  kind: "group";
  mode: Mode;
  items: Item[];
}

export type Item = Condition | Written | Group;

/** A query as groups and conditions. */
export function toGroup(query: string): Group {
  const ways = cutOr(query);
  return ways.length > 1
    ? { kind: "group", mode: "any", items: ways.map((way) => single(toGroup(way))) }
    : { kind: "group", mode: "all", items: parts(query).map(toItem) };
}

/** A group of one is that one. */
function single(group: Group): Item {
  const [only] = group.items;
  return only && group.items.length === 1 && group.mode !== "none" ? only : group;
}

function toItem(part: string): Item {
  const [, sign = "", rest = ""] = /^((?:-|NOT\s+|제외\s+)?)(.*)$/s.exec(part) ?? [];
  if (rest.startsWith("(") && isWhole(rest)) {
    const inner = toGroup(rest.slice(1, -1));
    if (sign === "") return inner;
    // NOT (a OR b) is none of a and b; NOT (a b) has no such form.
    return inner.mode === "any" || inner.items.length === 1 ? { ...inner, mode: "none" } : { kind: "written", text: part };
  }
  const term = /^([^\s:=<>!()[\]"]+(?:"[^"]*")?)(!=|<=|>=|[:=<>])(.+)$/s.exec(rest);
  if (!term) return { kind: "written", text: part };
  const [, field = "", sign_ = ":", value = ""] = term;
  const operator = OPERATORS.find((each) => each === sign_) ?? ":";
  if (sign === "") return { kind: "condition", field, operator, value };
  if (operator === ":") return { kind: "condition", field, operator: "!=", value };
  return { kind: "written", text: part };
}

/** The query that a group says; conditions without a value are left out. */
export function toQuery(group: Group): string {
  const texts = group.items.map(toText).filter((text) => text !== "");
  if (texts.length === 0) return "";
  if (group.mode === "all") return joinParts(texts);
  const bracketed = texts.map((text) => (parts(text).length > 1 ? `(${text})` : text));
  if (group.mode === "any") return bracketed.join(" OR ");
  return texts.length === 1 && parts(texts[0] ?? "").length === 1 && !/^(-|NOT|제외)/.test(texts[0] ?? "") && cutOr(texts[0] ?? "").length === 1 ? `-${texts[0] ?? ""}` : `-(${bracketed.join(" OR ")})`;
}

function toText(item: Item): string {
  if (item.kind === "written") return item.text;
  if (item.kind === "group") {
    const text = toQuery(item);
    return item.mode === "any" && cutOr(text).length > 1 ? `(${text})` : text;
  }
  const value = item.value.trim();
  return value === "" || item.field === "" ? "" : `${item.field}${item.operator}${asValue(value)}`;
}

/** What somebody typed as a value: lists, ranges, wildcards and quotes as they are, other texts in quotes where they need some. */
function asValue(text: string): string {
  return /^[^\s()[\]"]+$/.test(text) || /^".*"$/s.test(text) ? text : quoted(text);
}
