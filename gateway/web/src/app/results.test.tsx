import { act, screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { renderApp } from "@/testing/render-app";

const OPERATION = "projects/p1/operations/o2";
const READY = { name: "projects/p1/exports/e1", state: "STATE_SUCCEEDED", imageCount: "12", sizeBytes: "2100000", contents: ["CONTENT_IMAGES"] };

it("gathers results and offers them for download", async () => {
  const gateway = gatewayWithProject();
  gateway
    .on(`POST ${PROJECT}/exports`, () => ({ name: OPERATION }))
    .on(`GET ${PROJECT}/exports`, () => (gateway.bodies(`POST ${PROJECT}/exports`).length > 0 ? { exports: [READY] } : {}));
  const user = renderApp("/projects/p1?tab=results&query=label%3Adent");

  expect(await screen.findByLabelText("Of the images that match")).toHaveValue("label:dent");
  await user.click(screen.getByLabelText("Features"));
  await user.click(screen.getByRole("button", { name: "Gather into a zip" }));
  await screen.findByRole("progressbar");
  act(() => {
    const events = FakeEventSource.opened.get(`/v1/${OPERATION}:watch`);
    events?.send({ name: OPERATION, done: true, response: {} });
    events?.end();
  });

  const link = await screen.findByRole("link", { name: "Download 2.1 MB" });
  expect(link).toHaveAttribute("href", "/v1/projects/p1/exports/e1:download");
  expect(gateway.bodies(`POST ${PROJECT}/exports`)).toMatchObject([
    { export: { selector: { query: "label:dent" }, contents: ["CONTENT_IMAGES", "CONTENT_CSV", "CONTENT_FEATURES"] } },
  ]);
});
