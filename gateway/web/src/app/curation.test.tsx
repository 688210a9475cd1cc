import { act, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, image, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { Refusal } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const OPERATION = "projects/p1/operations/o1";
const MADE = { name: "projects/p1/selections/s1", displayName: "2 images", state: "CURATION_STATE_SUCCEEDED", strategy: "STRATEGY_COVERAGE", pickCount: 2, candidateCount: 12, coverage: 0.9 };
const PICKS = [
  { image: "projects/p1/images/i1", fileName: "a.png", rank: 1, representedCount: 7, reason: "…" },
  { image: "projects/p1/images/i2", fileName: "b.png", rank: 2, representedCount: 5, reason: "…" },
];
const RUN = { name: "projects/p1/curationRuns/r1", state: "CURATION_STATE_SUCCEEDED", imageCount: 12, medianDistance: 0.1, groupCount: 1, duplicateCount: 1 };

function finish(response: unknown): void {
  act(() => {
    const events = FakeEventSource.opened.get(`/v1/${OPERATION}:watch`);
    events?.send({ name: OPERATION, done: true, response });
    events?.end();
  });
}

it("selects images for training, shows why, and tags them", async () => {
  const gateway = gatewayWithProject();
  gateway
    .on(`POST ${PROJECT}/selections`, () => ({ name: OPERATION }))
    .on(`GET ${PROJECT}/selections`, () => (FakeEventSource.opened.get(`/v1/${OPERATION}:watch`)?.readyState === FakeEventSource.CLOSED ? { selections: [MADE] } : {}))
    .on(`GET ${PROJECT}/selections/s1/picks`, () => ({ picks: PICKS }))
    .on(`POST ${PROJECT}/selections/s1:tag`, () => ({ name: OPERATION }));
  const user = renderApp("/projects/p1?tab=curation&query=line%3AL1");

  const form = within(await screen.findByRole("form", { name: "Select images" }));
  expect(form.getByLabelText("Of the images that match")).toHaveValue("line:L1");
  await user.clear(form.getByLabelText("How many"));
  await user.type(form.getByLabelText("How many"), "2");
  await user.type(form.getByLabelText("Equal shares by"), "line");
  await user.click(form.getByRole("button", { name: "Select images" }));
  await screen.findByRole("progressbar");
  act(() => { FakeEventSource.opened.get(`/v1/${OPERATION}:watch`)?.send({ name: OPERATION, metadata: { fraction: 0.5, phase: "curation" } }); });
  expect(screen.getByRole("progressbar", { name: "Comparing features" })).toHaveAttribute("value", "0.5");
  finish(MADE);

  const picks = within(await screen.findByRole("list", { name: "Picks" }));
  expect((await picks.findAllByRole("link")).map((link) => link.getAttribute("href"))).toEqual(["/projects/p1?tab=images&image=i1", "/projects/p1?tab=images&image=i2"]);
  expect(picks.getByText("Stands for 7 images.")).toBeVisible();
  expect(screen.getByRole("link", { name: "Manifest" })).toHaveAttribute("href", "/v1/projects/p1/selections/s1:manifest");
  expect(gateway.bodies(`POST ${PROJECT}/selections`)).toMatchObject([{ selection: { selector: { query: "line:L1" }, count: 2, balanceBy: "line" } }]);

  await user.type(screen.getByRole("textbox", { name: "Tag" }), "train next");
  await user.click(screen.getByRole("button", { name: "Tag all picks" }));
  await screen.findByRole("button", { name: "Tag all picks" });
  finish({});
  expect(await screen.findByRole("status")).toHaveTextContent("Tagged “train next”.");
  expect(screen.getByRole("link", { name: "Show the images" })).toHaveAttribute("href", "/projects/p1?tab=images&query=tag%3A%22train+next%22");
  expect(gateway.bodies(`POST ${PROJECT}/selections/s1:tag`)).toMatchObject([{ tag: "train next" }]);
});

it("says why nothing can be selected", async () => {
  gatewayWithProject()
    .on(`GET ${PROJECT}/selections`, () => ({}))
    .on(`POST ${PROJECT}/selections`, () => { throw new Refusal(400, "50 images cannot be picked from 12 with features.", "COUNT_OUT_OF_RANGE"); });
  const user = renderApp("/projects/p1?tab=curation");

  await user.click(await screen.findByRole("button", { name: "Select images" }));

  expect(await screen.findByRole("alert")).toHaveTextContent("50 images cannot be picked from 12 with features.");
});

it("ranks outliers against a reference, and opens one", async () => {
  const gateway = gatewayWithProject()
    .on(`GET ${PROJECT}/selections`, () => ({}))
    .on(`POST ${PROJECT}/curationRuns`, () => ({ name: OPERATION }))
    .on(`GET ${PROJECT}/curationRuns`, () => ({ curationRuns: [{ ...RUN, kind: "KIND_OUTLIERS" }] }))
    .on(`GET ${PROJECT}/curationRuns/r1/outliers`, () => ({ outliers: [{ image: "projects/p1/images/i1", fileName: "a.png", score: 0.995, meanDistance: 0.42 }] }))
    .on(`GET ${PROJECT}/images:search`, () => ({ images: [image("i1", "a.png", "dent")], totalSize: "1" }))
    .on(`GET ${PROJECT}/images:facets`, () => ({}))
    .on(`GET ${PROJECT}/images/i1`, () => image("i1", "a.png", "dent"))
    .on(`GET ${PROJECT}/images/i1/labels`, () => ({}));
  const user = renderApp("/projects/p1?tab=curation");

  await user.click(await screen.findByRole("button", { name: "Outliers" }));
  const outliers = within(await screen.findByRole("list", { name: "Outliers, oddest first" }));
  expect(await outliers.findByText("99.5%")).toBeVisible();
  expect(outliers.getByText("Distance to its neighbours 0.420, 4.2 times the usual one.")).toBeVisible();
  await user.type(screen.getByLabelText("Compared with"), "tag:golden");
  await user.click(screen.getByRole("button", { name: "Find outliers" }));
  finish(RUN);
  expect(gateway.bodies(`POST ${PROJECT}/curationRuns`)).toMatchObject([{ curationRun: { kind: "KIND_OUTLIERS", reference: { query: "tag:golden" } } }]);

  await user.click(outliers.getByRole("link", { name: "a.png" }));
  expect(await screen.findByRole("main", { name: "a.png" })).toBeVisible();
});

it("groups duplicates beside the one to keep", async () => {
  const members = [
    { image: "projects/p1/images/i2", fileName: "b.png", isExact: true },
    { image: "projects/p1/images/i3", fileName: "c.png", pixelDifference: 0.012 },
  ];
  gatewayWithProject()
    .on(`GET ${PROJECT}/selections`, () => ({}))
    .on(`GET ${PROJECT}/curationRuns`, () => ({ curationRuns: [{ ...RUN, kind: "KIND_OUTLIERS" }, { ...RUN, kind: "KIND_DUPLICATES" }] }))
    .on(`GET ${PROJECT}/curationRuns/r1/duplicateGroups`, () => ({ duplicateGroups: [{ keeper: "projects/p1/images/i1", keeperFileName: "a.png", members, memberCount: 2 }] }));
  const user = renderApp("/projects/p1?tab=curation");

  await user.click(await screen.findByRole("button", { name: "Duplicates" }));

  const group = within(await screen.findByRole("list", { name: "Like a.png" }));
  expect(group.getByText("Proposed to be kept.")).toBeVisible();
  expect(group.getByText("The very same pixels.")).toBeVisible();
  expect(group.getByText("Brightness differs by 1.2% at most.")).toBeVisible();
  expect(screen.getByRole("link", { name: "Show dup:near,exact" })).toHaveAttribute("href", "/projects/p1?tab=images&query=dup%3Anear%2Cexact");
});
