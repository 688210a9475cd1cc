import { expect, it } from "vitest";
import { toGroup, toQuery } from "@/features/images/query/builder-model";

it.each([
  "",
  "label:dent conf<0.6",
  "(line:L1 OR line:L2) verdict:NG has!=truth",
  "line:L1 OR line:L2",
  "line:L1 OR (line:L2 conf>=0.5)",
  "tag:a -(tag:b OR tag:c)",
  "box[label:crack conf>=0.7 area>500] count(box[label:pinhole]) >= 3",
  'name:"my file (1).png" scratch',
  "NOT (tag:a tag:b)",
  "태그:스크래치 판정!=양품",
])("reads and writes %s", (query) => {
  expect(toQuery(toGroup(query))).toBe(query);
});

it("knows groups and conditions", () => {
  expect(toGroup("(line:L1 OR line:L2) -tag:seen")).toEqual({
    kind: "group",
    mode: "all",
    items: [
      { kind: "group", mode: "any", items: [{ kind: "condition", field: "line", operator: ":", value: "L1" }, { kind: "condition", field: "line", operator: ":", value: "L2" }] },
      { kind: "condition", field: "tag", operator: "!=", value: "seen" },
    ],
  });
});

it("quotes what somebody typed, and leaves out what is not finished", () => {
  const items = [
    { kind: "condition", field: "tag", operator: ":", value: "two words" },
    { kind: "condition", field: "meta.temp", operator: ":", value: "60..80" },
    { kind: "condition", field: "label", operator: ":", value: "a,b*" },
    { kind: "condition", field: "line", operator: ":", value: " " },
  ] as const;

  expect(toQuery({ kind: "group", mode: "all", items: [...items] })).toBe('tag:"two words" meta.temp:60..80 label:a,b*');
  expect(toQuery({ kind: "group", mode: "none", items: [items[0]] })).toBe('-tag:"two words"');
});
