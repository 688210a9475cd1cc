import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, image, PROJECT } from "@/testing/answers";
import type { FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const DENT = image("i1", "cells/a.png", "dent");
const SCRATCH = { ...image("i2", "cells/b.png", "scratch"), metadata: { line: "L1", temp: 21.5 } };

function withImages(): FakeGateway {
  return gatewayWithProject()
    .on(`GET ${PROJECT}/images/i1`, () => DENT)
    .on(`GET ${PROJECT}/images/i2`, () => SCRATCH)
    .on(`GET ${PROJECT}/images:neighbors`, ({ query }) =>
      query.get("image")?.endsWith("i1")
        ? { position: "1", totalSize: "2", next: "projects/p1/images/i2" }
        : { position: "2", totalSize: "2", previous: "projects/p1/images/i1" })
    .on(`GET ${PROJECT}/images/i1/pixels`, () => ({ plain: true }))
    .on(`GET ${PROJECT}/images/i2/pixels`, () => ({ plain: true }))
    .on(`GET ${PROJECT}/images/i1/history`, () => ({ lines: [{ fact: "FACT_METADATA", subject: "line", oldValue: "L1", newValue: "L2", createTime: "2026-11-22T01:02:03Z" }] }))
    .on(`GET ${PROJECT}/images/i2/history`, () => ({}))
    .on(`GET ${PROJECT}/images/i1/access`, () => ({ mode: "MODE_INHERITED" }))
    .on(`GET ${PROJECT}/images/i2/access`, () => ({ mode: "MODE_RESTRICTED", readers: ["users/u2"] }))
    .on(`GET ${PROJECT}/images:facets`, () => ({}))
    .on(`GET ${PROJECT}/tags`, () => ({}))
    .on(`GET ${PROJECT}/metadataKeys`, () => ({}))
    .on(`GET ${PROJECT}/savedSearches`, () => ({}))
    .on(`GET ${PROJECT}/images:histograms`, () => ({}))
    .on(`GET ${PROJECT}/images:search`, () => ({ images: [DENT, SCRATCH], totalSize: "2" }));
}

it("opens where an address of old leads, and steps through the search by keyboard", async () => {
  const gateway = withImages();
  const user = renderApp("/projects/p1?image=i1&query=line%3AL1");

  expect(await screen.findByRole("main", { name: "cells/a.png" })).toBeVisible();
  expect(await screen.findByText("1 of 2")).toBeVisible();
  expect(await screen.findByText("L2")).toBeVisible();
  await user.keyboard("{ArrowRight}");
  expect(await screen.findByRole("main", { name: "cells/b.png" })).toBeVisible();
  expect(await screen.findByText("Hidden from viewers of the project.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Next image" })).toBeDisabled();
  expect(gateway.calls.find((call) => call.route.endsWith("images:neighbors"))?.query.get("query")).toBe("line:L1");
  await user.keyboard("{Escape}");

  expect(await screen.findByRole("searchbox")).toHaveValue("line:L1");
});

it("puts tags on and takes them off, labels, and writes metadata with its type", async () => {
  const gateway = withImages();
  for (const what of ["modifyTags", "modifyLabels", "modifyMetadata"]) gateway.on(`POST ${PROJECT}/images:${what}`, () => ({ done: true }));
  gateway.on(`GET ${PROJECT}/images/i2`, () => {
    const isTagged = gateway.bodies(`POST ${PROJECT}/images:modifyTags`).length === 1;
    const seen = { tag: "projects/p1/tags/t2", displayName: "seen", origin: "TAG_ORIGIN_USER" as const };
    return isTagged ? { ...SCRATCH, tags: [...(SCRATCH.tags ?? []), seen] } : SCRATCH;
  });
  const user = renderApp("/projects/p1/images/i2");

  const tags = within(await screen.findByRole("region", { name: "Tags" }));
  await user.keyboard("t");
  await user.keyboard("seen{Enter}");
  await user.click(await tags.findByRole("button", { name: "Remove seen" }));
  expect(tags.queryByRole("button", { name: "Remove line:L1" })).toBeNull();
  await user.type(screen.getByLabelText("Ground truth", { selector: "input" }), "crack{Enter}");
  const temperature = screen.getByLabelText("Change temp");
  await user.clear(temperature);
  await user.type(temperature, "22{Enter}");

  expect(gateway.bodies(`POST ${PROJECT}/images:modifyTags`)).toMatchObject([
    { selector: { images: { ids: ["i2"] } }, add: ["seen"] },
    { selector: { images: { ids: ["i2"] } }, remove: ["seen"] },
  ]);
  expect(gateway.bodies(`POST ${PROJECT}/images:modifyLabels`)).toMatchObject([{ selector: { images: { ids: ["i2"] } }, displayName: "crack" }]);
  await waitFor(() => { expect(gateway.bodies(`POST ${PROJECT}/images:modifyMetadata`)).toMatchObject([{ set: { temp: 22 } }]); });
});

it("draws the boxes that are wanted, and tells the keys", async () => {
  const boxes = [
    { label: "hole", confidence: 0.9, x: 1, y: 1, width: 5, height: 5 },
    { label: "dust", confidence: 0.3, x: 9, y: 9, width: 5, height: 5 },
  ];
  withImages().on(`GET ${PROJECT}/images/i1`, () => ({ ...DENT, predictions: [{ model: "nanodet", version: "1", boxes: { boxes } }] }));
  const user = renderApp("/projects/p1/images/i1");
  const drawn = () => document.querySelectorAll("svg[viewBox='0 0 300 300'] g").length;

  const panel = within(await screen.findByRole("region", { name: "Boxes" }));
  expect(drawn()).toBe(2);
  fireEvent.change(panel.getByRole("slider"), { target: { value: "0.5" } });
  expect(drawn()).toBe(1);
  await user.click(panel.getByRole("button", { name: /hole/ }));
  expect(drawn()).toBe(0);
  fireEvent.change(panel.getByRole("slider"), { target: { value: "0" } });
  await user.click(panel.getByRole("button", { name: /hole/ }));
  await user.keyboard("b");
  expect(drawn()).toBe(0);
  await user.keyboard("b");
  await user.keyboard("?");

  expect(within(await screen.findByRole("dialog", { name: "Keys" })).getByText("Fit the window")).toBeVisible();
});

const DEEP = { plain: false, bits: 16, minimum: 100, maximum: 4000, low: 200, high: 3000, histogram: ["4", "2"], tilePixels: 512, levelCount: 1 };

it("shows what browsers cannot by tiles, for the values that are asked for", async () => {
  const gateway = withImages().on(`GET ${PROJECT}/images/i1/pixels`, () => DEEP).on(`GET ${PROJECT}/images/i1:tile`, () => ({}));
  const user = renderApp("/projects/p1/images/i1");
  const asked = () => gateway.calls.filter((call) => call.route.endsWith("i1:tile")).map(({ query }) => [query.get("low"), query.get("high")].join());

  await waitFor(() => { expect(asked()).toContain(","); });
  await user.keyboard("w");
  await waitFor(() => { expect(asked()).toContain("100,4000"); });
  await user.click(screen.getByRole("button", { name: "Values shown" }));
  const form = within(await screen.findByRole("dialog", { name: "Values shown" }));
  expect(form.getByText(/16 bits, values from 100 to 4,000/)).toBeVisible();
  fireEvent.change(form.getByLabelText(/Black up to/), { target: { value: "1000" } });
  await waitFor(() => { expect(asked()).toContain("1000,4000"); });
  await user.click(form.getByRole("button", { name: "Reset" }));

  expect(form.getByRole("button", { name: "Reset" })).toBeDisabled();
});
