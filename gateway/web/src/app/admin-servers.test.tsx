import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

function administrator(): FakeGateway {
  return new FakeGateway().on("GET /v1/me", () => ({ name: "users/u1", displayName: "Ada", role: "ROLE_ADMINISTRATOR" }));
}

it("shows each server with its devices, what it has loaded and what it cannot load", async () => {
  administrator().on("GET /v1/modelServers", () => ({
    modelServers: [
      { displayName: "loupe-torchserve-a", pool: "large", node: "gpu-1", accelerators: { "nvidia.com/gpu": 2 }, ready: true, hostedVersions: [{ modelVersion: "models/line-3/versions/2", ready: true }] },
      { displayName: "loupe-torchserve-b", pool: "cores", node: "cpu-1", fault: "It cannot load version 2 of model line-3." },
    ],
  }));
  renderApp("/admin?part=servers");

  const table = await screen.findByRole("table", { name: "Model servers" });
  const [, first, second] = within(table).getAllByRole("row");
  expect(first).toHaveTextContent(/loupe-torchserve-alarge.*gpu-1.*2 × nvidia.com\/gpu.*ready.*line-3@2/);
  expect(second).toHaveTextContent(/Processor.*not ready/);
  expect(within(table).getByRole("alert")).toHaveTextContent("cannot load version 2");
});

it("says where models run when there is no server", async () => {
  administrator().on("GET /v1/modelServers", () => ({}));
  renderApp("/admin?part=servers");

  expect(await screen.findByText("Models run inside of Loupe")).toBeVisible();
});
