import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, image, PROJECT } from "@/testing/answers";
import type { FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const DENT = { ...image("i1", "cells/a.png", "dent"), metadata: { line: "L1" }, labels: [{ name: "projects/p1/images/i1/labels/l1", displayName: "dent" }] };

function asViewer(): FakeGateway {
  return gatewayWithProject()
    .on(`GET ${PROJECT}`, () => ({ name: "projects/p1", displayName: "Cells", model: "models/efficientnet-lite0", callerRole: "PROJECT_ROLE_VIEWER", imageCounts: { total: "1" } }))
    .on(`GET ${PROJECT}/images/i1`, () => DENT)
    .on(`GET ${PROJECT}/images/i1/pixels`, () => ({ plain: true }))
    .on(`GET ${PROJECT}/images/i1/history`, () => ({}))
    .on(`GET ${PROJECT}/images:neighbors`, () => ({ position: "1", totalSize: "1" }))
    .on(`GET ${PROJECT}/images:similar`, () => ({}))
    .on(`GET ${PROJECT}/images:facets`, () => ({}))
    .on(`GET ${PROJECT}/images:histograms`, () => ({}))
    .on(`GET ${PROJECT}/images:search`, () => ({ images: [DENT], totalSize: "1" }))
    .on(`GET ${PROJECT}/tags`, () => ({}))
    .on(`GET ${PROJECT}/metadataKeys`, () => ({}))
    .on(`GET ${PROJECT}/savedSearches`, () => ({}))
    .on(`GET ${PROJECT}/curationRuns`, () => ({}))
    .on(`GET ${PROJECT}/selections`, () => ({}))
    .on(`GET ${PROJECT}/heads`, () => ({}));
}

it("shows who may only look an image without a field or button that changes it", async () => {
  const gateway = asViewer();
  renderApp("/projects/p1/images/i1");

  expect(await within(await screen.findByRole("region", { name: "Metadata" })).findByText("L1")).toBeVisible();
  expect(screen.getByRole("region", { name: "Ground truth" })).toHaveTextContent("dent");
  expect(screen.queryByRole("textbox")).toBeNull();
  expect(screen.queryByRole("button", { name: /Remove|Set|Add/ })).toBeNull();
  expect(gateway.calls.some((call) => call.route.endsWith("/access"))).toBe(false);
});

it("offers who may only look what he may do with images, and says why it is not more", async () => {
  asViewer();
  const user = renderApp("/projects/p1");

  expect(await screen.findByText("View only")).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Select all 1" }));
  const bulk = within(screen.getByRole("region", { name: "What to do with the selected images" }));
  expect(bulk.getByRole("button", { name: "Download…" })).toBeVisible();
  expect(bulk.queryByRole("button", { name: /^(Tags|Label|Metadata|Delete)$/ })).toBeNull();
  expect(screen.queryByRole("link", { name: "Upload" })).toBeNull();
});

it("says who can let somebody upload who follows a link there", async () => {
  asViewer();
  renderApp("/projects/p1?tab=upload");

  expect(await screen.findByText(/Ask its owner for edit rights/)).toBeVisible();
});
