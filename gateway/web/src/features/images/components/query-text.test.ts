import { describe, expect, it } from "vitest";
import { hasValue, unquoted, withValue } from "@/features/images/components/query-text";

describe("withValue", () => {
  it.each([
    ["a first term", "conf<0.6", '"missing part"', 'conf<0.6 label:"missing part"'],
    ["any-of", "label:dent conf<0.6", '"a,b"', 'label:dent,"a,b" conf<0.6'],
    ["one less", 'label:dent,"missing part" line:L1', '"missing part"', "label:dent line:L1"],
    ["the last one", 'conf<0.6 label:"missing part" line:L1', '"missing part"', "conf<0.6 line:L1"],
    ["beside an OR", "line:L1 OR label:crack", "dent", "(line:L1 OR label:crack) label:dent"],
    ["beside an OR in brackets", "(line:L1 OR label:crack) 제외 label:ok", "dent", "(line:L1 OR label:crack) 제외 label:ok label:dent"],
  ])("%s", (_, query, value, expected) => {
    expect(withValue(query, "label", value)).toBe(expected);
  });
});

describe("hasValue", () => {
  it("tells which values are asked for", () => {
    expect(hasValue("tag:line:L1,seen conf<1", "tag", "line:L1")).toBe(true);
    expect(hasValue("tag:line:L1,seen conf<1", "tag", "L1")).toBe(false);
  });
  it("leaves out what is excluded or only one way of several", () => {
    expect(hasValue("NOT truth:ok", "truth", "ok")).toBe(false);
    expect(hasValue("truth:ok OR line:L1", "truth", "ok")).toBe(false);
    expect(hasValue("count(box[ label:dent ])>1", "label", "dent")).toBe(false);
  });
});

describe("unquoted", () => {
  it.each([
    ["dent", "dent"],
    ['"missing part"', "missing part"],
    [String.raw`"a\"b"`, 'a"b'],
  ])("%s", (value, expected) => {
    expect(unquoted(value)).toBe(expected);
  });
});
