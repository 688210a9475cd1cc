import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject } from "@/testing/answers";
import { renderApp } from "@/testing/render-app";

const MODEL = { name: "models/efficientnet-lite0", displayName: "EfficientNet-Lite0", descriptions: { en: "Fast." } };

it("creates a project and goes on to its upload", async () => {
  const gateway = gatewayWithProject()
    .on("GET /v1/models", () => ({ models: [MODEL] }))
    .on("POST /v1/projects", () => ({ name: "projects/p1" }));
  const user = renderApp("/");

  await user.click(await screen.findByRole("button", { name: "New project" }));
  await user.type(screen.getByLabelText("Name"), "Cells");
  expect(await screen.findByRole("radio", { name: /EfficientNet-Lite0/ })).toBeChecked();
  await user.click(screen.getByRole("button", { name: "New project" }));

  expect(await screen.findByRole("button", { name: "Choose files" })).toBeVisible();
  expect(gateway.bodies("POST /v1/projects")).toMatchObject([
    { displayName: "Cells", model: "models/efficientnet-lite0", visibility: "VISIBILITY_PRIVATE" },
  ]);
});

it("lists projects with how far they are", async () => {
  gatewayWithProject({ total: "1200", pending: "0", analysed: "1199", failed: "1" });
  renderApp("/");

  expect(await screen.findByRole("link", { name: /Cells/ })).toHaveTextContent("Images: 1,200, analysed: 1,199, failed: 1");
});

it("helps where there is no such page", async () => {
  gatewayWithProject();
  renderApp("/nowhere");

  expect(await screen.findByText("There is no such page.")).toBeVisible();
});
