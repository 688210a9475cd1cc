import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { Refusal, type FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const MODELS = [
  { name: "models/efficientnet-lite0", displayName: "EfficientNet-Lite0", task: "TASK_CLASSIFICATION", descriptions: { en: "Fast." } },
  { name: "models/yolox", displayName: "YOLOX", task: "TASK_DETECTION", descriptions: { en: "Finds boxes." } },
];
const OWNED = { name: "projects/p1", displayName: "Cells", model: "models/yolox", callerRole: "PROJECT_ROLE_OWNER", etag: "e1", timeZone: "Asia/Seoul", imageCounts: { total: "12" } };

function withPeople(gateway: FakeGateway): FakeGateway {
  return gateway
    .on("GET /v1/models", () => ({ models: MODELS }))
    .on("GET /v1/users", () => ({ users: [{ name: "users/u2", displayName: "Grace" }] }))
    .on("GET /v1/users/u2", () => ({ name: "users/u2", displayName: "Grace" }))
    .on("GET /v1/departments", () => ({}));
}

it("creates a project in steps, shares it, and goes on to its upload", async () => {
  const gateway = withPeople(gatewayWithProject()).on("POST /v1/projects", () => ({ name: "projects/p1" }));
  const user = renderApp("/");

  await user.click(await screen.findByRole("button", { name: "New project" }));
  const form = within(await screen.findByRole("form", { name: "New project" }));
  await user.click(await form.findByRole("radio", { name: /YOLOX/ }));
  await user.click(form.getByRole("button", { name: "Next" }));
  await user.type(form.getByLabelText("Name"), "Cells");
  await user.click(form.getByRole("button", { name: "Next" }));
  await user.click(form.getByRole("radio", { name: /Whole organisation/ }));
  await user.type(form.getByRole("searchbox", { name: "Add people or departments" }), "gra");
  await user.click(await form.findByRole("button", { name: /Grace/ }));
  await user.selectOptions(await form.findByRole("combobox", { name: "What Grace may do" }), "editor");
  await user.click(form.getByRole("button", { name: "New project" }));

  expect(await screen.findByRole("button", { name: "Choose files" })).toBeVisible();
  expect(gateway.bodies("POST /v1/projects")).toMatchObject([
    { displayName: "Cells", model: "models/yolox", visibility: "VISIBILITY_ORGANISATION", members: [{ principal: "users/u2", role: "PROJECT_ROLE_EDITOR" }] },
  ]);
});

it("lists projects with how far they are, and searches them", async () => {
  const gateway = gatewayWithProject({ total: "1200", pending: "0", analysed: "1199", failed: "1" });
  const user = renderApp("/");

  expect(await screen.findByRole("link", { name: /Cells/ })).toHaveTextContent("Images: 1,200, analysed: 1,199, failed: 1");
  gateway.on("GET /v1/projects", () => ({}));
  await user.type(screen.getByRole("searchbox", { name: "Search projects" }), "plates");
  expect(await screen.findByText("No project has such a name")).toBeVisible();
  expect(gateway.calls.at(-1)?.query.get("filter")).toBe("plates");
});

it("changes what a project is called, unless somebody else was faster", async () => {
  const gateway = withPeople(gatewayWithProject()).on(`GET ${PROJECT}`, () => OWNED).on(`PATCH ${PROJECT}`, () => { throw new Refusal(409, "Somebody else changed the project.", "ETAG_MISMATCH"); });
  const user = renderApp("/projects/p1?tab=settings");

  const form = within(await screen.findByRole("form", { name: "General" }));
  await user.type(form.getByLabelText("Name"), ", hall 2");
  await user.click(form.getByRole("button", { name: "Save" }));

  expect(await screen.findByRole("alert")).toHaveTextContent("Somebody else changed the project.");
  expect(gateway.bodies(`PATCH ${PROJECT}`)).toMatchObject([{ displayName: "Cells, hall 2", etag: "e1" }]);
});

it("deletes a project once its name is typed", async () => {
  const gateway = withPeople(gatewayWithProject()).on(`GET ${PROJECT}`, () => OWNED).on(`DELETE ${PROJECT}`, () => ({}));
  const user = renderApp("/projects/p1?tab=settings");

  await user.click(await screen.findByRole("button", { name: "Delete the project" }));
  const remove = await screen.findByRole("button", { name: "Delete for good" });
  expect(remove).toBeDisabled();
  await user.type(screen.getByLabelText("Type “Cells” to delete it"), "Cells");
  await user.click(remove);

  expect(await screen.findByRole("heading", { name: "Projects" })).toBeVisible();
  expect(gateway.bodies(`DELETE ${PROJECT}`)).toHaveLength(1);
});

it("lets a viewer read, not change", async () => {
  withPeople(gatewayWithProject()).on(`GET ${PROJECT}`, () => ({ ...OWNED, callerRole: "PROJECT_ROLE_VIEWER" }));
  renderApp("/projects/p1?tab=settings");

  expect(await screen.findByText(/You may look at this project/)).toBeVisible();
  expect(screen.queryByRole("button", { name: "Delete the project" })).not.toBeInTheDocument();
});

it("helps where there is no such page", async () => {
  gatewayWithProject();
  renderApp("/nowhere");

  expect(await screen.findByText("There is no such page.")).toBeVisible();
});
