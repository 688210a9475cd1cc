import { act, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { FakeXmlHttpRequest } from "@/testing/fake-xml-http-request";
import { renderApp } from "@/testing/render-app";

const BATCH = "projects/p1/uploadBatches/b1";

async function send(): Promise<FakeXmlHttpRequest> {
  const user = renderApp("/projects/p1?tab=upload");
  await screen.findByRole("button", { name: "Choose files" });
  await user.upload(screen.getByLabelText("Choose files", { selector: "input" }), [
    new File(["good"], "a.png"),
    new File(["bad"], "broken.png"),
  ]);
  const request = FakeXmlHttpRequest.sent[0];
  if (!request) throw new Error("nothing was sent");
  return request;
}

it("shows how far it is and lists what was refused, with the reason", async () => {
  gatewayWithProject().on(`GET ${PROJECT}/uploadBatches/b1/notices`, () => ({
    notices: [{ fileName: "broken.png", severity: "SEVERITY_ERROR", status: { message: "Image 'broken.png' cannot be decoded." } }],
  }));
  const request = await send();

  act(() => { request.progress(5_000, 20_000); });
  expect(screen.getByText("Sending 5 KB of 20 KB")).toBeVisible();
  expect(request.form.getAll("file").map((file) => (file as File).name)).toEqual(["a.png", "broken.png"]);
  act(() => { request.answer(200, { batch: { name: BATCH, refusedCount: "1", imageCounts: { total: "1" } }, files: [] }); });
  expect(await screen.findByText("0 of 1 analysed")).toBeVisible();
  act(() => {
    const events = FakeEventSource.opened.get(`/v1/${BATCH}:watch`);
    events?.send({ name: BATCH, refusedCount: "1", imageCounts: { total: "1", analysed: "1" } });
    events?.end();
  });

  expect(screen.getByRole("status")).toHaveTextContent("New: 1, there before: 0, refused: 1, could not be analysed: 0.");
  const row = await screen.findByRole("row", { name: /broken\.png/ });
  expect(within(row).getByText("Image 'broken.png' cannot be decoded.")).toBeVisible();
});

it("says why a whole upload was refused", async () => {
  gatewayWithProject();
  const request = await send();

  act(() => { request.answer(403, { error: { message: "You may look at this project, not change it." } }); });

  expect(await screen.findByRole("alert")).toHaveTextContent("You may look at this project, not change it.");
});
