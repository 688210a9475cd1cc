// Korean names of fields that a facet may stand for; docs/query-language.md.
const ALIASES: Record<string, string> = {
  태그: "tag", 라벨: "label", 레이블: "label", 신뢰도: "conf", 모델: "model", 정답: "truth", 상태: "is", 라인: "line", 설비: "station", 공정: "station",
  카메라: "camera", 로트: "lot", 시리얼: "serial", 일련번호: "serial", 레시피: "recipe", 판정: "verdict", 제품: "product", 형식: "format", 배치: "batch", 등록자: "by", 이상치: "outlier", 밝기: "brightness", 대비: "contrast", 선명도: "sharpness",
};
const OR = /^(OR|또는)$/;
const AND = /^(AND|그리고)$/;
const NOT = /^(NOT|제외|-)$/;

/** What a facet's value is to a query: asked for, excluded, or neither. */
export type ValueState = "in" | "out" | "";

interface Term {
  isNegated: boolean;
  values: string[];
}

/** Cuts a text where `isCut` holds, outside quotes and brackets. */
function cut(text: string, isCut: (character: string) => boolean): string[] {
  const found: string[] = [];
  let part = "";
  let depth = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isQuoted && character === "\\") {
      part += character + text.charAt((at += 1));
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && "([".includes(character)) depth += 1;
    else if (!isQuoted && ")]".includes(character)) depth -= 1;
    if (!isQuoted && depth <= 0 && isCut(character)) {
      found.push(part);
      part = "";
    } else part += character;
  }
  return [...found, part];
}

/** What is joined by AND at the top of a query, in order; a query that is an OR there is one part. */
export function parts(query: string): string[] {
  const words = cut(query, (character) => /\s/.test(character)).filter((word) => word !== "");
  if (words.length === 0) return [];
  if (words.some((word) => OR.test(word))) return [words.join(" ")];
  const found: string[] = [];
  let prefix = "";
  for (const word of words) {
    const before = found.at(-1);
    if (AND.test(word) && !prefix) continue;
    if (NOT.test(word)) prefix += `${word} `;
    // "count(…) >= 3" and "label:a, b" are one part, blanks or not.
    else if (before !== undefined && !prefix && (/^[<>=!:,]/.test(word) || /[<>=:,]$/.test(before))) found[found.length - 1] = `${before} ${word}`;
    else {
      found.push(prefix + word);
      prefix = "";
    }
  }
  return prefix ? [...found, prefix.trim()] : found;
}

/** A query of these parts; an OR among others goes into brackets, for it binds less than a blank. */
export function joinParts(all: readonly string[]): string {
  const used = all.filter((part) => part.trim() !== "");
  return used.map((part) => (used.length > 1 && isAlternative(part) ? `(${part})` : part)).join(" ");
}

function isAlternative(part: string): boolean {
  return cutOr(part).length > 1;
}

/** The ways of a query that is an OR at the top; the query itself when it is none. */
export function cutOr(query: string): string[] {
  const ways: string[][] = [[]];
  for (const word of cut(query, (character) => /\s/.test(character))) {
    if (OR.test(word)) ways.push([]);
    else if (word !== "") ways.at(-1)?.push(word);
  }
  return ways.map((way) => way.join(" "));
}

/** Whether the bracket at the beginning closes at the end. */
export function isWhole(text: string): boolean {
  return cut(`${text} `, (character) => /\s/.test(character))[0] === text && cut(text, (character) => character === ")").length === 2;
}

/** The values that a part asks for or excludes of a field; undefined when it is about something else. */
function termOf(part: string, field: string): Term | undefined {
  const match = /^(-|NOT\s+|제외\s+)?([^\s:=<>!()[\]"]+)(!=|[:=])(.+)$/s.exec(part);
  if (!match) return undefined;
  const [, sign = "", name = "", operator, rest = ""] = match;
  if ((ALIASES[name] ?? name.toLowerCase()) !== field) return undefined;
  const values = cut(rest, (character) => character === ",").map((value) => value.trim());
  return { isNegated: (sign !== "") !== (operator === "!="), values };
}

/** What a value is to a query; `value` as it is written in a query. */
export function stateOf(query: string, field: string, value: string): ValueState {
  const term = parts(query).map((part) => termOf(part, field)).find((each) => each?.values.includes(value));
  return term ? (term.isNegated ? "out" : "in") : "";
}

/** The query in which a value is asked for, excluded, or neither. Several that are asked for are any-of. */
export function withState(query: string, field: string, value: string, state: ValueState): string {
  const kept = parts(query).flatMap((part) => {
    const term = termOf(part, field);
    if (!term?.values.includes(value)) return [part];
    return written(field, { ...term, values: term.values.filter((each) => each !== value) });
  });
  if (state === "") return joinParts(kept);
  const isNegated = state === "out";
  const at = kept.findIndex((part) => termOf(part, field)?.isNegated === isNegated);
  const before = termOf(kept[at] ?? "", field);
  if (!before) return joinParts([...kept, ...written(field, { isNegated, values: [value] })]);
  return joinParts(kept.flatMap((part, number) => (number === at ? written(field, { isNegated, values: [...before.values, value] }) : [part])));
}

function written(field: string, { isNegated, values }: Term): string[] {
  return values.length > 0 ? [`${isNegated ? "-" : ""}${field}:${values.join(",")}`] : [];
}

/** The lowest and the highest number that a query allows for a field, as `conf:0.2..0.6` says them; empty: open. */
export function rangeOf(query: string, field: string): [string, string] {
  const found = parts(query).map((part) => termOf(part, field)).find((term) => term && !term.isNegated && /^[^"]*\.\.[^"]*$/.test(term.values[0] ?? ""));
  const [low = "", high = ""] = found?.values[0]?.split("..") ?? [];
  return [low, high];
}

/** The query that allows such numbers only; with both ends open it says nothing of the field. */
export function withRange(query: string, field: string, [low, high]: [string, string]): string {
  const kept = parts(query).filter((part) => !/\.\./.test(part) || !termOf(part, field));
  return joinParts(low === "" && high === "" ? kept : [...kept, `${field}:${low}..${high}`]);
}

/** A value as people read it: without the quotes that the query language needs around some. */
export function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}

/** A text as a value of the query language: in quotes where it needs some. */
export function quoted(text: string): string {
  return /^[\p{L}\p{N}_.@/-]+$/u.test(text) && !/^(AND|OR|NOT|그리고|또는|제외)$/.test(text) ? text : `"${text.replace(/[\\"*]/g, "\\$&")}"`;
}
