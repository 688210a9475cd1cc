import { act, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { renderApp } from "@/testing/render-app";

const OPERATION = "projects/p1/operations/o1";
const HEAD = {
  name: "projects/p1/heads/h1",
  headName: "solder",
  version: 2,
  model: "head-solder",
  state: "STATE_SUCCEEDED",
  inUse: true,
  figures: {
    balancedAccuracy: 0.875,
    accuracy: 0.9,
    macroF1: 0.8,
    labelCount: 20,
    classes: [{ displayName: "OK", labelCount: 12, recall: 1 }, { displayName: "dent", labelCount: 8, recall: 0.75 }],
    confusion: [12, 0, 2, 6],
  },
};

it("teaches the labels, shows how good it is, and lets it give the verdicts", async () => {
  const gateway = gatewayWithProject();
  let isTaught = false;
  gateway
    .on(`GET ${PROJECT}/heads`, () => (isTaught ? { heads: [HEAD] } : {}))
    .on(`POST ${PROJECT}/heads`, () => { isTaught = true; return { name: OPERATION }; })
    .on(`POST ${PROJECT}/heads/h1:use`, () => ({ name: OPERATION }));
  const user = renderApp("/projects/p1?tab=curation");

  await user.click(await screen.findByRole("button", { name: "Teach", pressed: false }));
  expect(await screen.findByText("Nothing taught yet")).toBeVisible();
  const form = within(screen.getByRole("form", { name: "Teach" }));
  await user.type(form.getByLabelText("Name"), "solder");
  await user.type(form.getByLabelText("Labels of the images that match"), "line:L1");
  await user.click(form.getByRole("button", { name: "Teach" }));
  expect(gateway.bodies(`POST ${PROJECT}/heads`)).toMatchObject([{ head: { headName: "solder", selector: { query: "line:L1" } } }]);

  const head = within(await screen.findByRole("article", { name: "head-solder@2" }));
  expect(head.getByText(/Balanced accuracy 87.5%/)).toBeVisible();
  const dent = within(head.getByRole("row", { name: /^dent/ }));
  expect(dent.getAllByRole("cell").map((cell) => cell.textContent)).toEqual(["2", "6", "75%"]);
  expect(head.getByRole("link", { name: "Show its images" })).toHaveAttribute("href", expect.stringContaining("model%3Ahead-solder%402"));

  await user.click(head.getByRole("button", { name: "Let it give the verdicts" }));
  expect(gateway.bodies(`POST ${PROJECT}/heads/h1:use`)).toMatchObject([{ asVerdict: true }]);
  act(() => { FakeEventSource.opened.get(`/v1/${OPERATION}:watch`)?.end(); });
});
