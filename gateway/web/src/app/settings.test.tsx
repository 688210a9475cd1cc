import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject } from "@/testing/answers";
import { FakeGateway, Refusal } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const ADMIN = { name: "users/u1", displayName: "Ada", email: "ada@plant.example", role: "ROLE_ADMINISTRATOR", etag: "e1" };
const GRACE = { name: "users/u2", displayName: "Grace", email: "grace@plant.example", role: "ROLE_MEMBER", state: "STATE_ACTIVE", department: "" };

function withAccount(): FakeGateway {
  return gatewayWithProject()
    .on("GET /v1/me", () => ADMIN)
    .on("GET /v1/departments", () => ({ departments: [{ name: "departments/d1", displayName: "Quality" }] }))
    .on("GET /v1/sessions", () => ({ sessions: [{ name: "sessions/s1", isCurrent: true, userAgent: "curl/8" }, { name: "sessions/s2", userAgent: "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36" }] }))
    .on("GET /v1/apiKeys", () => ({}))
    .on("GET /v1/users", () => ({ users: [GRACE] }));
}

it("shows a new key once", async () => {
  const gateway = withAccount().on("POST /v1/apiKeys", () => ({ secret: "lp_secret", apiKey: { name: "apiKeys/k1" } }));
  const user = renderApp("/account");

  await user.click(await screen.findByRole("button", { name: "New key" }));
  const form = within(await screen.findByRole("form", { name: "New key" }));
  await user.type(form.getByLabelText("What it is for"), "camera PC");
  await user.click(form.getByRole("checkbox", { name: /export/ }));
  await user.click(form.getByRole("button", { name: "Make the key" }));

  expect(await screen.findByRole("textbox", { name: "The key" })).toHaveValue("lp_secret");
  await user.click(screen.getByRole("button", { name: "I have kept it" }));
  await waitFor(() => { expect(screen.queryByDisplayValue("lp_secret")).not.toBeInTheDocument(); });
  expect(gateway.bodies("POST /v1/apiKeys")).toMatchObject([{ apiKey: { displayName: "camera PC", scopes: ["upload", "read", "export"] } }]);
});

it("ends a session elsewhere, not the one it is used in", async () => {
  const gateway = withAccount().on("POST /v1/sessions/s2:end", () => ({}));
  const user = renderApp("/account");

  const other = (await screen.findByText("Chrome 130 · Windows")).closest("li");
  if (!other) throw new Error("the session is no item of a list");
  await user.click(within(other).getByRole("button", { name: "Sign out" }));

  expect(screen.getAllByRole("button", { name: "Sign out" })).toHaveLength(1);
  expect(gateway.bodies("POST /v1/sessions/s2:end")).toHaveLength(1);
});

it("sets a forgotten password with the mailed code", async () => {
  const gateway = new FakeGateway()
    .on("GET /v1/me", () => { throw new Refusal(401, "Sign in first.", "UNAUTHENTICATED"); })
    .on("GET /v1/account:signInOptions", () => ({ oidcDisplayName: "Plant ID" }))
    .on("POST /v1/account:requestPasswordReset", () => ({ verification: "v1" }))
    .on("POST /v1/account:resetPassword", () => ({}));
  const user = renderApp("/");

  expect(await screen.findByRole("link", { name: "Sign in with Plant ID" })).toHaveAttribute("href", expect.stringContaining("account:signInWithOidc"));
  await user.click(screen.getByRole("button", { name: "Forgot the password?" }));
  await user.type(screen.getByLabelText("E-mail"), "ada@plant.example");
  await user.click(screen.getByRole("button", { name: "Mail me a code" }));
  await user.type(await screen.findByLabelText("Code from the mail"), "12345678");
  await user.type(screen.getByLabelText("New password"), "a long enough pass phrase");
  await user.click(screen.getByRole("button", { name: "Set the password" }));

  expect(await screen.findByRole("status")).toHaveTextContent("The password is set.");
  expect(gateway.bodies("POST /v1/account:resetPassword")).toMatchObject([{ verification: "v1", code: "12345678", newPassword: "a long enough pass phrase" }]);
});

it("lets administrators give roles and disable accounts, after asking", async () => {
  const gateway = withAccount().on("PATCH /v1/users/u2", () => GRACE).on("POST /v1/users/u2:disable", () => GRACE);
  const user = renderApp("/admin");

  await user.selectOptions(await screen.findByRole("combobox", { name: "Role of Grace" }), "Supervisor");
  await user.click(screen.getByRole("button", { name: "Disable" }));
  expect(gateway.bodies("POST /v1/users/u2:disable")).toHaveLength(0);
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Disable" }));

  await waitFor(() => { expect(gateway.bodies("POST /v1/users/u2:disable")).toHaveLength(1); });
  expect(gateway.bodies("PATCH /v1/users/u2")).toEqual([{ role: "ROLE_SUPERVISOR" }]);
});

it("filters the audit, and gives the same as a file", async () => {
  const gateway = withAccount().on("GET /v1/auditEvents", () => ({ auditEvents: [{ name: "auditEvents/a1", action: "project.delete", outcome: "OUTCOME_SUCCEEDED", actorDisplayName: "Ada" }] }));
  const user = renderApp("/admin?part=audit");

  expect(await screen.findByRole("row", { name: /project\.delete/ })).toBeVisible();
  await user.type(screen.getByRole("textbox", { name: /^Action/ }), "project.*");

  await waitFor(() => { expect(gateway.calls.at(-1)?.query.get("action")).toBe("project.*"); });
  expect(screen.getByRole("link", { name: "As CSV" })).toHaveAttribute("href", "/v1/auditEvents:export?action=project.*&format=FORMAT_CSV");
});

it("keeps administration from members", async () => {
  withAccount().on("GET /v1/me", () => ({ ...ADMIN, role: "ROLE_MEMBER" }));
  renderApp("/admin");

  expect(await screen.findByText("There is no such page.")).toBeVisible();
});
