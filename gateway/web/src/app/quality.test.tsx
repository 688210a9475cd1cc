import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { Refusal } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const rate = (count: number, total: number) => ({ count: String(count), total: String(total), value: count / total, low: 0.1, high: 0.4 });
const VERDICTS = { trueOkCount: "8", trueNgCount: "3", overkill: rate(2, 10), escape: { count: "0", total: "0", high: 1 }, overkillQuery: "is:overkill", escapeQuery: "is:escape" };
const MEASURED = {
  imageCount: "100",
  verifiedCount: "15",
  unverifiedCount: "85",
  unansweredCount: "0",
  verdicts: VERDICTS,
  classes: {
    precision: rate(11, 13),
    recall: rate(11, 13),
    f1: 0.846,
    macroF1: 0.8,
    classes: [{ label: "scratch", labelCount: "5", predictionCount: "4", rightCount: "3", precision: rate(3, 4), recall: rate(3, 5), f1: 0.667 }],
    cells: [
      { truth: "scratch", predicted: "scratch", count: "3", query: "truth:scratch label:scratch" },
      { truth: "scratch", predicted: "ok", count: "2", query: "truth:scratch label:ok" },
      { truth: "ok", predicted: "ok", count: "8", query: "truth:ok label:ok" },
    ],
  },
};

it("shows rates with their counts, what is unverified, and opens the images of a cell", async () => {
  const gateway = gatewayWithProject().on(`GET ${PROJECT}:evaluate`, () => MEASURED);
  const user = renderApp("/projects/p1?tab=quality&query=line%3AL1");

  expect(await screen.findByText("Images: 100. With a label: 15.")).toBeVisible();
  expect(screen.getByText("Unverified: 85. Nothing is known of them, so they count nowhere.")).toBeVisible();
  expect(screen.getByText("20%")).toBeVisible();
  expect(screen.getByText("2 of 10")).toBeVisible();
  expect(screen.getByText("none to count")).toBeVisible();
  expect(screen.getAllByRole("link", { name: "Show these images" }).map((link) => link.getAttribute("href"))).toEqual(["/projects/p1?tab=images&query=is%3Aoverkill"]);
  const matrix = within(screen.getByRole("table", { name: "Classes of images: Confusion matrix" }));
  expect(matrix.getByRole("link", { name: "Label scratch, predicted ok: 2" })).toHaveAttribute("href", "/projects/p1?tab=images&query=truth%3Ascratch+label%3Aok");
  const row = within(within(screen.getByRole("table", { name: "Classes of images" })).getByRole("row", { name: /^scratch/ }));
  expect(row.getByText("75%")).toBeVisible();
  expect(row.getByText(/3 of 4/)).toBeVisible();
  expect(gateway.calls.find((call) => call.route === `GET ${PROJECT}:evaluate`)?.query.get("query")).toBe("line:L1");

  await user.selectOptions(screen.getByLabelText("Rates by"), "Line");
  expect(await screen.findByText("Images: 100. With a label: 15.")).toBeVisible();
  expect(gateway.calls.filter((call) => call.route === `GET ${PROJECT}:evaluate`).at(-1)?.query.get("groupBy")).toBe("line");
});

it("tells rates by the values of a field", async () => {
  gatewayWithProject().on(`GET ${PROJECT}:evaluate`, () => ({
    ...MEASURED,
    groups: [{ field: "line", groups: [{ value: "L3", imageCount: "40", verifiedCount: "9", verdicts: VERDICTS, query: "line:L3" }, { value: "", imageCount: "60", verifiedCount: "6", verdicts: VERDICTS }] }],
  }));
  renderApp("/projects/p1?tab=quality");

  const table = within(await screen.findByRole("table", { name: "By Line" }));
  expect(table.getByRole("link", { name: "L3" })).toHaveAttribute("href", "/projects/p1?tab=images&query=line%3AL3");
  expect(table.getByRole("rowheader", { name: "not given" })).toBeVisible();
});

it("leads to the review where nothing is labelled", async () => {
  gatewayWithProject().on(`GET ${PROJECT}:evaluate`, () => ({ imageCount: "100", verifiedCount: "0", unverifiedCount: "100" }));
  renderApp("/projects/p1?tab=quality");

  expect(await screen.findByText("No image has a label yet")).toBeVisible();
  expect(screen.getByRole("link", { name: "Review images" })).toHaveAttribute("href", "/projects/p1?tab=review");
});

it("says what is wrong with the query", async () => {
  gatewayWithProject().on(`GET ${PROJECT}:evaluate`, () => { throw new Refusal(400, "After “line:” a value is missing.", "QUERY_INVALID"); });
  renderApp("/projects/p1?tab=quality&query=line%3A");

  expect(await screen.findByRole("alert")).toHaveTextContent("a value is missing");
});
