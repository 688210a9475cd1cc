import { act, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { Refusal, type FakeGateway } from "@/testing/fake-gateway";
import { pointTable } from "@/testing/point-table";
import { renderApp } from "@/testing/render-app";

const OPERATION = "projects/p1/operations/o1";
const MAP = { name: "projects/p1/analyses/a1", displayName: "UMAP 2-D of 12 images", state: "STATE_SUCCEEDED", pointCount: 2, createTime: "2026-11-22T10:00:00Z" };
const RUNNING = { ...MAP, state: "STATE_RUNNING", operation: OPERATION };

/** Two points of two images. */
function table(): ArrayBuffer {
  const bytes = new ArrayBuffer(16 + 2 * 16 + 2 * 2 * 4);
  new Uint8Array(bytes).set(new TextEncoder().encode("LPC1"));
  const view = new DataView(bytes);
  view.setUint32(4, 2, true);
  view.setUint32(8, 2, true);
  view.setUint8(16 + 15, 1);
  view.setUint8(16 + 31, 2);
  return bytes;
}

/** A map of so many images on a line, farther apart from one to the next. */
function manyPoints(count: number): ArrayBuffer {
  const bytes = new ArrayBuffer(16 + count * 16 + 2 * count * 4);
  new Uint8Array(bytes).set(new TextEncoder().encode("LPC1"));
  const view = new DataView(bytes);
  view.setUint32(4, count, true);
  view.setUint32(8, 2, true);
  for (let row = 0; row < count; row += 1) {
    view.setUint8(16 + row * 16 + 15, row + 1);
    view.setFloat32(16 + count * 16 + row * 4, row + row ** 2 / 100, true);
  }
  return bytes;
}

function withMap(...maps: unknown[]): FakeGateway {
  return gatewayWithProject()
    .on(`GET ${PROJECT}/analyses`, () => ({ analyses: maps }))
    .on(`GET ${PROJECT}/analyses/a1:coordinates`, table)
    .on(`GET ${PROJECT}/analyses/a1:values`, ({ query }) => pointTable([query.get("query") ? "match" : "dent"], [0, null]));
}

/** Draws a map and gives what tells how far it is. */
async function draw(gateway: FakeGateway, user: ReturnType<typeof renderApp>): Promise<FakeEventSource> {
  await user.click(await screen.findByRole("button", { name: "New map" }));
  gateway.on(`GET ${PROJECT}/analyses`, () => ({ analyses: [RUNNING] }));
  const form = within(await screen.findByRole("form", { name: "Draw a map" }));
  await user.click(form.getByRole("radio", { name: "t-SNE" }));
  await user.click(form.getByRole("button", { name: "Draw a map" }));
  await screen.findByRole("button", { name: "Cancel" });
  const events = FakeEventSource.opened.get(`/v1/${OPERATION}:watch`);
  if (!events) throw new Error("the operation is not watched");
  return events;
}

it("draws a map, with progress, and shows what its colours mean", async () => {
  const gateway = withMap().on(`POST ${PROJECT}/analyses`, () => ({ name: OPERATION }));
  const user = renderApp("/projects/p1?tab=maps");
  const events = await draw(gateway, user);

  act(() => { events.send({ name: OPERATION, metadata: { fraction: 0.4, phase: "layout" } }); });
  expect(screen.getByRole("progressbar", { name: "Laying out" })).toHaveAttribute("value", "0.4");
  gateway.on(`GET ${PROJECT}/analyses`, () => ({ analyses: [MAP] }));
  act(() => {
    events.send({ name: OPERATION, done: true, response: MAP });
    events.end();
  });

  expect(await screen.findByRole("list", { name: "Legend" })).toBeVisible();
  expect(screen.getByRole("heading", { name: MAP.displayName })).toBeVisible();
  expect(gateway.bodies(`POST ${PROJECT}/analyses`)).toMatchObject([{ analysis: { method: "METHOD_TSNE", dimensions: 2, displayName: "t-SNE 2-D of all images", keptCurrent: false } }]);
});

it("shows where points are while the map is made, or says that they come soon", async () => {
  let pictures = 0;
  const gateway = withMap(RUNNING).on(`GET ${PROJECT}/analyses/a1:coordinates`, () => {
    pictures += 1;
    if (pictures === 1) throw new Refusal(400, "There is no early picture yet.", "ANALYSIS_NOT_READY");
    return table();
  });
  renderApp("/projects/p1?tab=maps");

  expect(await screen.findByText("The first points appear within seconds")).toBeVisible();
  expect(await screen.findByText("Still moving: 2 of the points, drawn at random", undefined, { timeout: 20_000 })).toBeVisible();
  expect(gateway.calls.filter((call) => call.route.endsWith(":coordinates")).every((call) => call.query.get("early") === "true")).toBe(true);
}, 30_000);

it("places new images on a map, and keeps it current", async () => {
  const placing = { name: OPERATION };
  const gateway = withMap({ ...MAP, placeable: true })
    .on(`POST ${PROJECT}/analyses/a1:place`, () => placing)
    .on(`PATCH ${PROJECT}/analyses/a1`, () => MAP);
  const user = renderApp("/projects/p1?tab=maps");
  const choose = async (item: string) => {
    await user.click(await screen.findByRole("button", { name: `More about ${MAP.displayName}` }));
    await user.click(await screen.findByRole("menuitem", { name: item }));
  };

  await choose("Place new images");
  expect(await screen.findByRole("progressbar", { name: `Placing images on ${MAP.displayName}` })).toBeVisible();
  const events = FakeEventSource.opened.get(`/v1/${OPERATION}:watch`);
  gateway.on(`GET ${PROJECT}/analyses`, () => ({ analyses: [{ ...MAP, placeable: true, placedCount: 3, keptCurrent: true }] }));
  act(() => {
    events?.send({ name: OPERATION, done: true, response: { placedCount: 3, skippedCount: 1 } });
    events?.end();
  });
  expect(await screen.findByText(`${MAP.displayName}: 3 placed, 1 without features.`)).toBeVisible();
  expect(await screen.findByText("3 placed later")).toBeVisible();
  await choose("Keep current: place images that are analysed later");

  expect(gateway.bodies(`PATCH ${PROJECT}/analyses/a1`)).toEqual([{ keptCurrent: false }]);
});

it("says how much two maps agree", async () => {
  const other = { ...MAP, name: "projects/p1/analyses/a2", displayName: "Another" };
  const many = manyPoints(40);
  withMap(MAP, other)
    .on(`GET ${PROJECT}/analyses/a1:coordinates`, () => many)
    .on(`GET ${PROJECT}/analyses/a2:coordinates`, () => many)
    .on(`GET ${PROJECT}/analyses/a2:values`, () => pointTable(["dent"], [0, null]));
  renderApp("/projects/p1?tab=maps&map=a1&beside=a2");

  expect(await screen.findByText("Shared neighbours 100% (by chance 33.3%)")).toBeVisible();
});

it("hides a class, shows one alone, and brings all back", async () => {
  withMap(MAP);
  const user = renderApp("/projects/p1?tab=maps");
  const legend = within(await screen.findByRole("list", { name: "Legend" }));
  const dent = await legend.findByRole("button", { name: "dent 1" });
  const none = legend.getByRole("button", { name: "none 1" });

  await user.click(dent);
  expect([dent, none].map((each) => each.getAttribute("aria-pressed"))).toEqual(["false", "true"]);
  await user.dblClick(dent);
  expect([dent, none].map((each) => each.getAttribute("aria-pressed"))).toEqual(["true", "false"]);
  await user.click(screen.getByRole("button", { name: "Show all" }));
  expect([dent, none].map((each) => each.getAttribute("aria-pressed"))).toEqual(["true", "true"]);
});

it("colours by agreement, and marks what a query finds", async () => {
  const gateway = withMap(MAP);
  const user = renderApp("/projects/p1?tab=maps&query=label%3Adent");

  expect(await screen.findByRole("status")).toHaveTextContent("1 match");
  await user.click(screen.getByRole("radio", { name: "Agreement" }));
  expect(gateway.calls.filter((call) => call.route.endsWith(":values")).map((call) => call.query.toString())).toEqual(
    expect.arrayContaining(["field=label", "query=label%3Adent", "field=agreement"]),
  );
});

it("renames, shares and deletes a map", async () => {
  const gateway = withMap(MAP)
    .on(`PATCH ${PROJECT}/analyses/a1`, () => MAP)
    .on(`DELETE ${PROJECT}/analyses/a1`, () => ({}));
  const user = renderApp("/projects/p1?tab=maps");
  const choose = async (item: string) => {
    await user.click(await screen.findByRole("button", { name: `More about ${MAP.displayName}` }));
    await user.click(await screen.findByRole("menuitem", { name: item }));
  };

  await choose("Rename");
  const name = await screen.findByRole("textbox", { name: "Name" });
  await user.clear(name);
  await user.type(name, "Cells, week 47{Enter}");
  await choose("Share with the project");
  await choose("Delete");

  expect(gateway.bodies(`PATCH ${PROJECT}/analyses/a1`)).toEqual([{ displayName: "Cells, week 47" }, { visibility: "VISIBILITY_SHARED" }]);
  expect(gateway.bodies(`DELETE ${PROJECT}/analyses/a1`)).toHaveLength(1);
});

it("cancels a map", async () => {
  const gateway = withMap()
    .on(`POST ${PROJECT}/analyses`, () => ({ name: OPERATION }))
    .on(`POST /v1/${OPERATION}:cancel`, () => ({}));
  const user = renderApp("/projects/p1?tab=maps");
  const events = await draw(gateway, user);

  await user.click(screen.getByRole("button", { name: "Cancel" }));
  gateway.on(`GET ${PROJECT}/analyses`, () => ({}));
  act(() => {
    events.send({ name: OPERATION, done: true, error: { code: 1, message: "The map was cancelled." } });
    events.end();
  });

  expect(await screen.findByText("No map yet")).toBeVisible();
  expect(gateway.bodies(`POST /v1/${OPERATION}:cancel`)).toHaveLength(1);
});

it("says when there are too few images", async () => {
  withMap().on(`POST ${PROJECT}/analyses`, () => { throw new Refusal(400, "A map needs 10 images; these are 2.", "TOO_FEW_IMAGES"); });
  const user = renderApp("/projects/p1?tab=maps");

  await user.click(await screen.findByRole("button", { name: "New map" }));
  await user.click(await screen.findByRole("button", { name: "Draw a map" }));

  expect(await screen.findByRole("alert")).toHaveTextContent("A map needs 10 images; these are 2.");
});
