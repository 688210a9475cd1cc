import { describe, expect, it } from "vitest";
import { joinParts, parts, quoted, rangeOf, stateOf, unquoted, withRange, withState } from "@/features/images/query/query-text";

describe("parts", () => {
  it.each<[string, string[]]>([
    ["", []],
    ["tag:scratch AND NOT tag:reviewed", ["tag:scratch", "NOT tag:reviewed"]],
    ["(line:L1 OR line:L2) verdict:NG -has:truth", ["(line:L1 OR line:L2)", "verdict:NG", "-has:truth"]],
    ["line:L1 OR line:L2 verdict:NG", ["line:L1 OR line:L2 verdict:NG"]],
    ["count(box[label:pinhole]) >= 3 conf<0.5", ["count(box[label:pinhole]) >= 3", "conf<0.5"]],
    ["box[label:crack conf>=0.7] x", ["box[label:crack conf>=0.7]", "x"]],
    [String.raw`name:"a \" OR b" tag:c`, [String.raw`name:"a \" OR b"`, "tag:c"]],
    ["태그:스크래치 라인:2호기 제외 판정:양품", ["태그:스크래치", "라인:2호기", "제외 판정:양품"]],
    ["label:a, b tag:c", ["label:a, b", "tag:c"]],
    ["NOT NOT tag:a", ["NOT NOT tag:a"]],
    ["tag:a )) tag:b", ["tag:a", "))", "tag:b"]],
  ])("%s", (query, expected) => {
    expect(parts(query)).toEqual(expected);
  });

  it("an OR among others goes into brackets", () => {
    expect(joinParts(["a OR b", "c"])).toBe("(a OR b) c");
    expect(joinParts(["a OR b"])).toBe("a OR b");
  });
});

describe("withState", () => {
  it.each([
    ["a first term", "conf<0.6", '"missing part"', "in", 'conf<0.6 label:"missing part"'],
    ["any-of", "label:dent conf<0.6", '"a,b"', "in", 'label:dent,"a,b" conf<0.6'],
    ["one less", 'label:dent,"missing part" line:L1', '"missing part"', "", "label:dent line:L1"],
    ["the last one", 'conf<0.6 label:"missing part" line:L1', '"missing part"', "", "conf<0.6 line:L1"],
    ["beside an OR", "line:L1 OR label:crack", "dent", "in", "(line:L1 OR label:crack) label:dent"],
    ["excluded after it was asked for", "label:dent line:L1", "dent", "out", "line:L1 -label:dent"],
    ["one more excluded", "-label:dent", "crack", "out", "-label:dent,crack"],
    ["a Korean name", "라벨:dent", "crack", "in", "label:dent,crack"],
    ["a NOT in words", "제외 라벨:dent", "dent", "", ""],
  ] as const)("%s", (_, query, value, state, expected) => {
    expect(withState(query, "label", value, state)).toBe(expected);
  });
});

describe("stateOf", () => {
  it("tells which values are asked for, and which are excluded", () => {
    expect(stateOf("tag:line:L1,seen conf<1", "tag", "line:L1")).toBe("in");
    expect(stateOf("tag:line:L1,seen conf<1", "tag", "L1")).toBe("");
    expect(stateOf("NOT truth:ok", "truth", "ok")).toBe("out");
    expect(stateOf("truth!=ok", "truth", "ok")).toBe("out");
  });
  it("leaves out what is only one way of several", () => {
    expect(stateOf("truth:ok OR line:L1", "truth", "ok")).toBe("");
    expect(stateOf("count(box[ label:dent ])>1", "label", "dent")).toBe("");
  });
});

describe("ranges", () => {
  it("are read and written", () => {
    expect(rangeOf("tag:a conf:0.2..0.6", "conf")).toEqual(["0.2", "0.6"]);
    expect(rangeOf("conf<0.6", "conf")).toEqual(["", ""]);
    expect(withRange("tag:a conf:0.2..0.6", "conf", ["0.5", ""])).toBe("tag:a conf:0.5..");
    expect(withRange("tag:a conf:0.2..0.6", "conf", ["", ""])).toBe("tag:a");
  });
});

describe("quotes", () => {
  it.each([
    ["dent", "dent"],
    ["missing part", '"missing part"'],
    ['a"b', String.raw`"a\"b"`],
    ["OR", '"OR"'],
  ])("%s", (text, value) => {
    expect(quoted(text)).toBe(value);
    expect(unquoted(value)).toBe(text);
  });
});
