import { act, screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { Refusal } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const OPERATION = "projects/p1/operations/o9";
const deleted = (id: string, deletion: string) => ({
  name: `projects/p1/deletedImages/${id}`,
  fileName: `${id}.png`,
  width: 300,
  height: 200,
  sizeBytes: "90000",
  deleteTime: "2026-11-22T00:00:00Z",
  purgeTime: "2026-12-22T00:00:00Z",
  deletion: `projects/p1/operations/${deletion}`,
});

function gatewayWithTrash() {
  return gatewayWithProject()
    .on(`GET ${PROJECT}/deletedImages`, () => ({ deletedImages: [deleted("a", "o2"), deleted("b", "o1"), deleted("c", "o1")], totalSize: "3" }))
    .on(`POST ${PROJECT}/deletedImages:restore`, () => ({ name: OPERATION }))
    .on(`POST ${PROJECT}/deletedImages:purge`, () => ({ name: OPERATION }));
}

function finish(response: unknown): void {
  act(() => {
    const events = FakeEventSource.opened.get(`/v1/${OPERATION}:watch`);
    events?.send({ name: OPERATION, done: true, response });
    events?.end();
  });
}

it("brings back what was deleted together, and single images", async () => {
  const gateway = gatewayWithTrash();
  const user = renderApp("/projects/p1?tab=trash");

  expect(await screen.findByRole("heading", { name: "Images: 3" })).toBeVisible();
  const lists = screen.getAllByRole("list", { name: /deleted/ });
  expect(lists.map((list) => within(list).getAllByRole("listitem").length)).toEqual([1, 2]);
  await user.click(screen.getAllByRole("button", { name: "Restore all of it" })[1] ?? document.body);
  await screen.findByRole("progressbar");
  finish({ restoredCount: "2" });
  expect(await screen.findByText("Images that are back: 2")).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Restore a.png" }));

  expect(gateway.bodies(`POST ${PROJECT}/deletedImages:restore`)).toMatchObject([{ selector: { deletion: "projects/p1/operations/o1" } }, { selector: { images: { ids: ["a"] } } }]);
});

it("asks before it lets images go for good", async () => {
  const gateway = gatewayWithTrash();
  const user = renderApp("/projects/p1?tab=trash");

  await user.click(await screen.findByRole("button", { name: "Empty the trash" }));
  await user.click(screen.getByRole("button", { name: "Keep them" }));
  expect(gateway.bodies(`POST ${PROJECT}/deletedImages:purge`)).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Empty the trash" }));
  await user.click(screen.getByRole("button", { name: "Delete for good" }));
  await screen.findByRole("progressbar");
  finish({ purgedCount: "3" });

  expect(await screen.findByText("Images that are gone: 3")).toBeVisible();
  expect(gateway.bodies(`POST ${PROJECT}/deletedImages:purge`)).toMatchObject([{ selector: { all: true } }]);
});

it("is empty, or not for whoever may only look", async () => {
  gatewayWithProject().on(`GET ${PROJECT}/deletedImages`, () => { throw new Refusal(403, "You may look.", "EDIT_RIGHT_REQUIRED"); });
  renderApp("/projects/p1?tab=trash");

  expect(await screen.findByText("The trash needs edit rights. Ask the project's owner.")).toBeVisible();
});
