import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { FakeGateway, Refusal } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

function signedOut(): FakeGateway {
  const gateway = new FakeGateway();
  return gateway
    .on("GET /v1/me", () => {
      if (!gateway.calls.some((call) => call.route.endsWith(":signIn"))) throw new Refusal(401, "Sign in first.", "UNAUTHENTICATED");
      return { name: "users/u1", displayName: "Ada" };
    })
    .on("GET /v1/projects", () => ({}));
}

it("signs up, takes the code, signs in", async () => {
  const gateway = signedOut()
    .on("POST /v1/account:signUp", () => ({ verification: "v1" }))
    .on("POST /v1/account:verifyEmail", () => ({}))
    .on("POST /v1/account:signIn", () => ({}));
  const user = renderApp("/");

  await user.click(await screen.findByRole("button", { name: "No account yet? Sign up" }));
  await user.type(screen.getByLabelText("E-mail"), "ada@plant.example");
  await user.type(screen.getByLabelText("Password"), "a long enough pass phrase");
  await user.type(screen.getByLabelText("Name"), "Ada");
  await user.click(screen.getByRole("button", { name: "Sign up" }));
  await user.type(await screen.findByLabelText("Code from the mail"), "12345678");
  await user.click(screen.getByRole("button", { name: "Verify" }));
  expect(await screen.findByRole("status")).toHaveTextContent("verified");
  await user.type(screen.getByLabelText("E-mail"), "ada@plant.example");
  await user.type(screen.getByLabelText("Password"), "a long enough pass phrase");
  await user.click(screen.getByRole("button", { name: "Sign in" }));

  expect(await screen.findByRole("heading", { name: "Projects" })).toBeVisible();
  expect(gateway.bodies("POST /v1/account:verifyEmail")).toMatchObject([{ verification: "v1", code: "12345678" }]);
});

it("says why a sign-in was refused", async () => {
  signedOut().on("POST /v1/account:signIn", () => { throw new Refusal(400, "E-mail or password is wrong."); });
  const user = renderApp("/");

  await user.type(await screen.findByLabelText("E-mail"), "ada@plant.example");
  await user.type(screen.getByLabelText("Password"), "wrong wrong wrong");
  await user.click(screen.getByRole("button", { name: "Sign in" }));

  expect(await screen.findByRole("alert")).toHaveTextContent("E-mail or password is wrong.");
});

it("speaks Korean when asked to", async () => {
  signedOut();
  const user = renderApp("/");

  await user.click(await screen.findByRole("button", { name: "한국어" }));

  expect(await screen.findByRole("button", { name: "로그인" })).toBeVisible();
  await user.click(screen.getByRole("button", { name: "English" }));
});
