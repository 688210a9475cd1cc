import { act, screen, waitFor, within } from "@testing-library/react";
import type { UserEvent } from "@testing-library/user-event";
import { afterEach, expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { FakeXmlHttpRequest } from "@/testing/fake-xml-http-request";
import { renderApp } from "@/testing/render-app";

const BATCH = "projects/p1/uploadBatches/b1";
const GOOD = { fileName: "a.png", kind: "KIND_IMAGE" };

// Uploads outlive pages, and so tests: each takes its own off the list.
afterEach(() => { for (const button of screen.queryAllByRole("button", { name: /^(Dismiss|Stop the upload)$/ })) act(() => { button.click(); }); });

async function nthRequest(index: number): Promise<FakeXmlHttpRequest> {
  await waitFor(() => { expect(FakeXmlHttpRequest.sent.length).toBeGreaterThan(index); });
  const request = FakeXmlHttpRequest.sent[index];
  if (!request) throw new Error("nothing was sent");
  return request;
}

async function send(...files: File[]): Promise<[FakeXmlHttpRequest, UserEvent]> {
  const user = renderApp("/projects/p1?tab=upload");
  await screen.findByRole("button", { name: "Choose files" });
  await user.upload(screen.getByLabelText("Choose files", { selector: "input" }), files);
  return [await nthRequest(0), user];
}

function names(request: FakeXmlHttpRequest): string[] {
  return request.form.getAll("file").map((file) => (file as File).name);
}

async function finish(batch: object): Promise<void> {
  await waitFor(() => { expect(FakeEventSource.opened.get(`/v1/${BATCH}:watch`)).toBeDefined(); });
  act(() => {
    const events = FakeEventSource.opened.get(`/v1/${BATCH}:watch`);
    events?.send({ name: BATCH, ...batch });
    events?.end();
  });
}

it("shows how far it is and lists what was refused, with the reason", async () => {
  gatewayWithProject().on(`GET ${PROJECT}/uploadBatches/b1/notices`, () => ({
    notices: [{ fileName: "broken.png", severity: "SEVERITY_ERROR", status: { message: "Image 'broken.png' cannot be decoded." } }],
  }));
  const [request] = await send(new File(["g".repeat(5000)], "a.png"), new File(["b".repeat(15000)], "broken.png"));

  act(() => { request.progress(5_000, 20_000); });
  expect(await screen.findByText("Sending 5 KB of 20 KB")).toBeVisible();
  expect(names(request)).toEqual(["a.png", "broken.png"]);
  act(() => { request.answer(200, { batch: { name: BATCH, refusedCount: "1", imageCounts: { total: "1" } }, files: [GOOD, { fileName: "broken.png", failure: { message: "Image 'broken.png' cannot be decoded." } }] }); });
  expect(await screen.findByText("0 of 1 analysed")).toBeVisible();
  await finish({ refusedCount: "1", imageCounts: { total: "1", analysed: "1" } });

  expect(await screen.findByRole("status")).toHaveTextContent("New: 1, there before: 0, refused: 1, could not be analysed: 0.");
  const row = await screen.findByRole("row", { name: /broken\.png/ });
  expect(within(row).getByText("Image 'broken.png' cannot be decoded.")).toBeVisible();
  expect(screen.getByText("Files: 2")).toBeVisible();
});

it("sends tables after the images, and says that it took them for tables", async () => {
  gatewayWithProject().on(`GET ${PROJECT}/uploadBatches/b1/notices`, () => ({}));
  const [request] = await send(new File(["x"], "metadata.csv"), new File(["x"], "a.png"));

  expect(names(request)).toEqual(["a.png"]);
  act(() => { request.answer(200, { batch: { name: BATCH }, files: [GOOD] }); });
  const second = await nthRequest(1);
  expect(names(second)).toEqual(["metadata.csv"]);
  expect(second.form.get("request_id")).toBe(request.form.get("request_id"));
  expect(screen.getByText(/Read as metadata, labels or features.*metadata\.csv/)).toBeVisible();
});

it("goes on by itself after a lost connection, with what was not acknowledged", async () => {
  gatewayWithProject().on(`GET ${PROJECT}/uploadBatches/b1/notices`, () => ({}));
  const [request] = await send(new File(["x"], "a.png"), new File(["x"], "labels.csv"));
  act(() => { request.answer(200, { batch: { name: BATCH }, files: [GOOD] }); });
  const second = await nthRequest(1);

  act(() => { second.breakOff(); });
  expect(await screen.findByText(/No connection; it goes on by itself\./)).toBeVisible();
  act(() => { window.dispatchEvent(new Event("online")); });

  const third = await nthRequest(2);
  expect(names(third)).toEqual(["labels.csv"]);
  expect(third.form.get("request_id")).toBe(request.form.get("request_id"));
});

it("pauses and goes on", async () => {
  gatewayWithProject();
  const [, user] = await send(new File(["x"], "a.png"));

  await user.click(screen.getByRole("button", { name: "Pause" }));
  expect(await screen.findByText(/Paused\./)).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Go on" }));

  expect(names(await nthRequest(1))).toEqual(["a.png"]);
});

it("goes on while one looks at something else", async () => {
  gatewayWithProject();
  const [request, user] = await send(new File(["x".repeat(2000)], "a.png"));

  await user.click(screen.getByRole("link", { name: "Loupe" }));
  await screen.findByRole("heading", { name: "Projects" });
  act(() => { request.progress(1_000, 2_000); });

  const dock = within(await screen.findByRole("complementary", { name: "Uploads" }));
  expect(await dock.findByRole("progressbar", { name: "Sending 1 KB of 2 KB" })).toBeVisible();
});

it("says why a whole upload was refused", async () => {
  gatewayWithProject();
  const [request] = await send(new File(["x"], "a.png"));

  act(() => { request.answer(403, { error: { message: "You may look at this project, not change it." } }); });

  expect(await screen.findByRole("alert")).toHaveTextContent("You may look at this project, not change it.");
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});

it("imports labels for images that are here, shows what was refused and can take it back", async () => {
  const operation = "projects/p1/operations/o1";
  const gateway = gatewayWithProject().on(`POST ${PROJECT}/operations/o1:undo`, () => ({ name: "projects/p1/operations/o2", done: true }));
  const user = renderApp("/projects/p1?tab=upload");
  const file = new File(["file_name,label\na.png,OK\nb.png,OK\n"], "labels.csv");
  await user.upload(await screen.findByLabelText("File to import"), file);
  await user.click(screen.getByLabelText("Apply the good rows"));
  await user.selectOptions(screen.getByLabelText("What rows name images by"), "by image id");
  await user.click(screen.getByRole("button", { name: "Import" }));

  const request = await nthRequest(0);
  expect(request.url).toBe("/v1/projects/p1/labels:import");
  expect([...request.form.keys()].at(-1)).toBe("content");
  expect(request.form.get("key")).toBe("KEY_ID");
  expect(request.form.get("apply_good_rows")).toBe("true");
  act(() => { request.answer(200, { name: operation }); });
  await waitFor(() => { expect(FakeEventSource.opened.get(`/v1/${operation}:watch`)).toBeDefined(); });
  act(() => {
    const events = FakeEventSource.opened.get(`/v1/${operation}:watch`);
    events?.send({ name: operation, done: true, response: { applied: true, imageCount: "1", refusedCount: "1", faults: [{ row: "2", status: { message: "Row 2: no such image." } }] } });
    events?.end();
  });

  expect(await screen.findByText("Applied to 1 images; rows refused: 1.")).toBeVisible();
  expect(screen.getByText("Row 2: no such image.")).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Undo" }));
  await waitFor(() => { expect(gateway.bodies(`POST ${PROJECT}/operations/o1:undo`)).toHaveLength(1); });
});

it("says why an import was refused", async () => {
  gatewayWithProject();
  const user = renderApp("/projects/p1?tab=upload");
  await user.click(await screen.findByRole("radio", { name: "metadata" }));
  await user.upload(screen.getByLabelText("File to import"), new File(["x"], "late.csv"));
  await user.click(screen.getByRole("button", { name: "Check only" }));

  const request = await nthRequest(0);
  expect(request.form.get("validate_only")).toBe("true");
  act(() => { request.answer(403, { error: { message: "You may look at this project, not change it." } }); });

  expect(await screen.findByRole("alert")).toHaveTextContent("You may look at this project, not change it.");
});
