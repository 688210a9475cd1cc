import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, image, PROJECT } from "@/testing/answers";
import { Refusal, type FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const CLASSES = { facets: [{ field: "truth", values: [{ value: "scratch", count: "5" }] }, { field: "label", values: [{ value: '"deep dent"', count: "9" }, { value: "scratch", count: "3" }] }] };

/** A gateway with images to review, as many as there are names; each is given until it is reviewed or skipped. */
function gatewayToReview(...names: string[]): FakeGateway {
  const left = new Set(names);
  const gateway = gatewayWithProject()
    .on(`GET ${PROJECT}/reviewProgress`, () => ({ imageCount: String(names.length), leftCount: String(left.size), reviewedCount: String(names.length - left.size), mineCount: "0" }))
    .on(`GET ${PROJECT}/images:facets`, () => CLASSES)
    .on(`POST ${PROJECT}/reviewItems:take`, () => ({ items: [...left].map((name) => ({ image: image(name, `${name}.png`, "dent"), predictionEtag: `etag-${name}` })) }));
  for (const name of names) {
    gateway.on(`POST ${PROJECT}/images/${name}:review`, () => {
      left.delete(name);
      return {};
    });
  }
  return gateway;
}

const shown = (name: string) => screen.findByRole("img", { name: `${name}.png` });

it("goes through images by keyboard: agree, a number, a typed class, skip", async () => {
  const gateway = gatewayToReview("a", "b", "c", "d");
  const user = renderApp("/projects/p1?tab=review&query=line%3AL1");

  expect(await shown("a")).toHaveAttribute("src", "/v1/projects/p1/images/a:download");
  expect(await screen.findByRole("button", { name: "1 deep dent" })).toBeVisible();
  await user.keyboard("{Enter}");
  await shown("b");
  await user.keyboard("2");
  await shown("c");
  await user.keyboard("crack{Enter}");
  await shown("d");
  await user.keyboard(" ");
  expect(await screen.findByText("Nothing is left to review")).toBeVisible();

  expect(gateway.bodies(`POST ${PROJECT}/reviewItems:take`)[0]).toMatchObject({ query: "line:L1", order: "REVIEW_ORDER_LEAST_CONFIDENCE", includeLabelled: false });
  expect(gateway.bodies(`POST ${PROJECT}/images/a:review`)).toMatchObject([{ action: "ACTION_AGREE", predictionEtag: "etag-a" }]);
  expect(gateway.bodies(`POST ${PROJECT}/images/b:review`)).toMatchObject([{ action: "ACTION_RELABEL", labels: [{ displayName: "scratch" }] }]);
  expect(gateway.bodies(`POST ${PROJECT}/images/c:review`)).toMatchObject([{ action: "ACTION_RELABEL", labels: [{ displayName: "crack" }] }]);
  expect(gateway.bodies(`POST ${PROJECT}/images/d:review`)).toMatchObject([{ action: "ACTION_SKIP" }]);
  await waitFor(() => { expect(screen.getByRole("status")).toHaveTextContent("4 of 4 done, 0 left"); });
});

it("shows the small picture of a WebP that no browser turns, the file of any other", async () => {
  const gateway = gatewayToReview("a", "b");
  const items = ["a", "b"].map((name) => ({ image: { ...image(name, `${name}.png`, "dent"), format: "WEBP" } }));
  gateway
    .on(`POST ${PROJECT}/reviewItems:take`, () => ({ items }))
    .on(`GET ${PROJECT}/images/a/pixels`, () => ({ plain: false }))
    .on(`GET ${PROJECT}/images/b/pixels`, () => ({ plain: true }));
  const user = renderApp("/projects/p1?tab=review");

  await waitFor(async () => { expect(await shown("a")).toHaveAttribute("src", "/v1/projects/p1/images/a:thumbnail"); });
  await user.keyboard(" ");
  await waitFor(async () => { expect(await shown("b")).toHaveAttribute("src", "/v1/projects/p1/images/b:download"); });
});

it("goes back, shows what was said, and takes a newer word", async () => {
  const gateway = gatewayToReview("a", "b");
  const user = renderApp("/projects/p1?tab=review");
  await shown("a");
  await screen.findByRole("button", { name: "1 deep dent" });

  await user.keyboard("2");
  await shown("b");
  await user.keyboard("{Backspace}");
  await shown("a");
  expect(screen.getByText("You said: scratch")).toBeVisible();
  await user.click(screen.getByRole("button", { name: /^Agree/ }));
  await shown("b");

  expect(gateway.bodies(`POST ${PROJECT}/images/a:review`)).toMatchObject([{ action: "ACTION_RELABEL" }, { action: "ACTION_AGREE" }]);
});

it("does not agree while somebody presses another button", async () => {
  const gateway = gatewayToReview("a", "b");
  const user = renderApp("/projects/p1?tab=review");
  await shown("a");

  screen.getByRole("button", { name: /^Skip/ }).focus();
  await user.keyboard("{Enter}");
  await shown("b");

  expect(gateway.bodies(`POST ${PROJECT}/images/a:review`)).toMatchObject([{ action: "ACTION_SKIP" }]);
});

it("says what could not be saved, and leads back to it", async () => {
  const gateway = gatewayToReview("a", "b").on(`POST ${PROJECT}/images/a:review`, () => { throw new Refusal(409, "Bob looks at it.", "IMAGE_IN_REVIEW"); });
  const user = renderApp("/projects/p1?tab=review");
  await shown("a");

  await user.keyboard("{Enter}");
  const told = await screen.findByText("a.png was not saved: Bob looks at it.");
  await user.click(within(told.parentElement ?? told).getByRole("button", { name: "Back" }));

  await shown("a");
  expect(gateway.bodies(`POST ${PROJECT}/images/a:review`)).toHaveLength(1);
});

it("says that reviewing needs rights", async () => {
  gatewayToReview("a").on(`POST ${PROJECT}/reviewItems:take`, () => { throw new Refusal(403, "You may look at this project but not change it.", "EDIT_RIGHT_REQUIRED"); });
  renderApp("/projects/p1?tab=review");

  expect(await screen.findByText("Reviewing needs edit rights. Ask the project's owner.")).toBeVisible();
});
