import { act, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { Refusal } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const OPERATION = "projects/p1/operations/o1";
const MAP = { name: "projects/p1/analyses/a1", displayName: "UMAP 2-D of 12 images", state: "STATE_SUCCEEDED", pointCount: 2, createTime: "2026-11-22T10:00:00Z" };

function table(): ArrayBuffer {
  const bytes = new ArrayBuffer(16 + 2 * 16 + 2 * 2 * 4);
  new Uint8Array(bytes).set(new TextEncoder().encode("LPC1"));
  const view = new DataView(bytes);
  view.setUint32(4, 2, true);
  view.setUint32(8, 2, true);
  return bytes;
}

async function draw(user: ReturnType<typeof renderApp>): Promise<FakeEventSource> {
  const form = within(await screen.findByRole("form", { name: "Draw a map" }));
  await user.selectOptions(form.getByLabelText("Method"), "UMAP");
  await user.click(form.getByRole("button", { name: "Draw a map" }));
  await screen.findByRole("button", { name: "Cancel" });
  const events = FakeEventSource.opened.get(`/v1/${OPERATION}:watch`);
  if (!events) throw new Error("the operation is not watched");
  return events;
}

it("draws a map, with progress, and shows what its colours mean", async () => {
  const gateway = gatewayWithProject();
  gateway
    .on(`POST ${PROJECT}/analyses`, () => ({ name: OPERATION }))
    .on(`GET ${PROJECT}/analyses`, () => (FakeEventSource.opened.get(`/v1/${OPERATION}:watch`)?.readyState === FakeEventSource.CLOSED ? { analyses: [MAP] } : {}))
    .on(`GET ${PROJECT}/analyses/a1:coordinates`, table)
    .on(`GET ${PROJECT}/analyses/a1:pointValues`, () => ({ field: "label", values: ["dent"], codes: btoa("\0\0\0\0\xff\xff\xff\xff") }));
  const user = renderApp("/projects/p1?tab=maps");
  const events = await draw(user);

  act(() => { events.send({ name: OPERATION, metadata: { fraction: 0.4, phase: "layout" } }); });
  expect(screen.getByRole("progressbar", { name: "layout" })).toHaveAttribute("value", "0.4");
  act(() => {
    events.send({ name: OPERATION, done: true, response: MAP });
    events.end();
  });

  expect(await screen.findByRole("heading", { name: MAP.displayName })).toBeVisible();
  const legend = within(await screen.findByRole("list", { name: "Legend" }));
  expect(await legend.findByRole("button", { name: "dent 1" })).toHaveAttribute("aria-pressed", "true");
  await user.click(legend.getByRole("button", { name: "dent 1" }));
  expect(legend.getByRole("button", { name: "dent 1" })).toHaveAttribute("aria-pressed", "false");
  expect(gateway.bodies(`POST ${PROJECT}/analyses`)).toMatchObject([{ analysis: { method: "METHOD_UMAP", dimensions: 2 } }]);
});

it("cancels a map", async () => {
  const gateway = gatewayWithProject()
    .on(`POST ${PROJECT}/analyses`, () => ({ name: OPERATION }))
    .on(`POST /v1/${OPERATION}:cancel`, () => ({}));
  const user = renderApp("/projects/p1?tab=maps");
  const events = await draw(user);

  await user.click(screen.getByRole("button", { name: "Cancel" }));
  act(() => {
    events.send({ name: OPERATION, done: true, error: { code: 1, message: "The map was cancelled." } });
    events.end();
  });

  expect(gateway.bodies(`POST /v1/${OPERATION}:cancel`)).toHaveLength(1);
  expect(await screen.findByRole("button", { name: "Draw a map" })).toBeEnabled();
});

it("says when there are too few images", async () => {
  gatewayWithProject().on(`POST ${PROJECT}/analyses`, () => { throw new Refusal(400, "A map needs 10 images; these are 2.", "TOO_FEW_IMAGES"); });
  const user = renderApp("/projects/p1?tab=maps");

  await user.click(await screen.findByRole("button", { name: "Draw a map" }));

  expect(await screen.findByRole("alert")).toHaveTextContent("A map needs 10 images; these are 2.");
});
