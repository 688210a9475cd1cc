import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { Refusal, type FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const WATCH = `${PROJECT}/driftWatch`;
const SET_UP = {
  name: "projects/p1/driftWatch",
  reference: "tag:golden",
  groupBy: "line",
  webhookUrl: "https://hooks.example/loupe",
  hasWebhookSecret: true,
  createTime: "2026-11-20T08:00:00Z",
  lookTime: "2026-11-22T00:10:00Z",
  nextLookTime: "2026-11-23T00:10:00Z",
};

function point(date: string, value: string, verdict: string, unlikeShare: number, sharpness: number) {
  const trait = { kind: "KIND_SHARPNESS", median: sharpness, usualLow: 0.8, usualHigh: 1.2, belowShare: 0, aboveShare: 0 };
  return {
    date,
    query: `uploaded:${date} line:${value}`,
    lookTime: `${date}T00:10:00Z`,
    group: { value, verdict, imageCount: 200, unlikeShare, traits: [trait], sentence: `${date}, line ${value}: look at them.`, query: `line:${value} tag:odd` },
  };
}

function gatewayWithoutScores(): FakeGateway {
  return gatewayWithProject().on("GET /v1/projects/p1:measureDrift", () => {
    throw new Refusal(400, "No reference yet.", "CURATION_RUN_NOT_READY");
  });
}

function gatewayWithWatch(): FakeGateway {
  return gatewayWithoutScores()
    .on(`GET ${WATCH}`, () => SET_UP)
    .on(`GET ${WATCH}/points`, () => ({
      driftPoints: [
        point("2026-11-21", "L3", "VERDICT_RETRAIN", 0.18, 0.4),
        point("2026-11-21", "L1", "VERDICT_QUIET", 0.01, 1),
        point("2026-11-20", "L1", "VERDICT_QUIET", 0, 1.1),
      ],
    }))
    .on(`GET ${WATCH}/alerts`, () => ({
      driftAlerts: [{ id: "a1", sentence: "line L3: retraining advised.", state: "STATE_FAILED", attemptCount: 6, answer: "HTTP 503", mail: { state: "STATE_DELIVERED", attemptCount: 1, answer: "2 of 2 mailed" }, createTime: "2026-11-22T00:10:00Z" }],
    }));
}

it("says in sentences where production has drifted, and opens the images", async () => {
  const gateway = gatewayWithProject();
  gateway
    .on(`GET ${WATCH}`, () => { throw new Refusal(404, "Not watched.", "DRIFT_WATCH_NOT_FOUND"); })
    .on("GET /v1/projects/p1:measureDrift", () => ({
      referenceCount: 500,
      driftGroups: [
        { value: "L3", verdict: "VERDICT_RETRAIN", unlikeShare: 0.18, unsureShare: 0.07, sentence: "line L3: retraining advised.", query: "line:L3 outlier>=0.99" },
        { value: "L1", verdict: "VERDICT_QUIET", sentence: "line L1: 200 images, nothing unusual." },
      ],
    }));
  const user = renderApp("/projects/p1?tab=curation");

  await user.click(await screen.findByRole("button", { name: "Drift" }));

  expect(await screen.findByText("Not watched")).toBeVisible();
  const groups = within(await screen.findByRole("list", { name: "Groups" }));
  expect(await groups.findByText("line L3: retraining advised.")).toBeVisible();
  expect(groups.getByText(/unlike 18%/)).toBeVisible();
  expect(groups.getByText("line L1: 200 images, nothing unusual.")).toBeVisible();
  expect(groups.getByRole("link", { name: "Show the images" })).toHaveAttribute("href", expect.stringContaining("outlier%3E%3D0.99"));
});

it("sets a watch up", async () => {
  const gateway = gatewayWithoutScores()
    .on(`GET ${WATCH}`, () => { throw new Refusal(404, "Not watched.", "DRIFT_WATCH_NOT_FOUND"); })
    .on("GET /v1/users", () => ({ users: [{ name: "users/u2", displayName: "Grace" }] }))
    .on("GET /v1/users/u2", () => ({ name: "users/u2", displayName: "Grace" }))
    .on(`PATCH ${WATCH}`, () => SET_UP);
  const user = renderApp("/projects/p1?tab=curation");

  await user.click(await screen.findByRole("button", { name: "Drift" }));
  const form = within(await screen.findByRole("form", { name: "Watch" }));
  await user.type(form.getByLabelText("Grouped by"), "line");
  await user.click(form.getByRole("radio", { name: "after so many images" }));
  await user.type(form.getByLabelText("Webhook"), "https://hooks.example/loupe");
  await user.type(form.getByLabelText("Secret"), "0123456789abcdef");
  await user.type(form.getByLabelText("Mail to"), "Gra");
  await user.click(await form.findByRole("button", { name: "Grace" }));
  expect(await form.findByRole("button", { name: "Do not mail Grace" })).toBeVisible();
  await user.click(form.getByRole("button", { name: "Watch" }));

  expect(gateway.bodies(`PATCH ${WATCH}`)).toEqual([
    { reference: "tag:golden", groupBy: "line", everyImages: 200, webhookUrl: "https://hooks.example/loupe", mailUsers: ["users/u2"], webhookSecret: "0123456789abcdef" },
  ]);
});

it("draws the history, opens the images of a point, and says what became of alerts", async () => {
  const gateway = gatewayWithWatch().on(`POST ${WATCH}:test`, () => ({ id: "a2", isTest: true, state: "STATE_SENDING" }));
  const user = renderApp("/projects/p1?tab=curation");

  await user.click(await screen.findByRole("button", { name: "Drift" }));

  const chart = within(await screen.findByRole("figure", { name: "Unlike the reference" }));
  const link = chart.getByRole("link");
  expect(link).toHaveAccessibleName("L1, 2026-11-21: 1% of 200 images. Nothing unusual.");
  link.focus();
  await user.keyboard("{ArrowLeft}");
  expect(link).toHaveAccessibleName("L1, 2026-11-20: 0% of 200 images. Nothing unusual.");
  expect(link).toHaveAttribute("href", expect.stringContaining("uploaded%3A2026-11-20"));
  await user.keyboard("{ArrowDown}");
  expect(link).toHaveAccessibleName("L3, 2026-11-21: 18% of 200 images. Retraining advised.");
  expect(link).toHaveAttribute("href", expect.stringContaining("tag%3Aodd"));
  expect(within(screen.getByRole("list", { name: "Conspicuous" })).getByText("2026-11-21, line L3: look at them.")).toBeVisible();
  await user.selectOptions(screen.getByLabelText("Measure"), "Sharpness");
  expect(screen.getByRole("figure", { name: "Sharpness" })).toBeVisible();
  expect(within(await screen.findByRole("list", { name: "Alerts" })).getByText(/Webhook: not delivered \(6× tried: HTTP 503\)/)).toBeVisible();
  expect(screen.getByText(/Mail: delivered \(1× tried: 2 of 2 mailed\)/)).toBeVisible();

  await user.click(screen.getByRole("button", { name: "Send a test" }));
  expect(gateway.bodies(`POST ${WATCH}:test`)).toHaveLength(1);
});
