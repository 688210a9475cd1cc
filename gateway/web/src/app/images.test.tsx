import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { NOTHING, setSelection } from "@/features/images/selection";
import { gatewayWithProject, image, PROJECT } from "@/testing/answers";
import { FakeEventSource } from "@/testing/fake-event-source";
import { Refusal, type FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const DENT = image("i1", "cells/a.png", "dent");
const SCRATCH = image("i2", "cells/b.png", "scratch");

beforeEach(() => { setSelection("p1", NOTHING); });

function withImages(): FakeGateway {
  return gatewayWithProject()
    .on(`GET ${PROJECT}/images:search`, ({ query }) => {
      const text = query.get("query") ?? "";
      if (text.startsWith("lable")) {
        throw new Refusal(400, "Query, character 1: there is no field 'lable'; did you mean 'label'?", "QUERY_INVALID", { position: "1", suggestion: "label" });
      }
      return text ? { images: [DENT], totalSize: "1" } : { images: [DENT, SCRATCH], totalSize: "2" };
    })
    .on(`GET ${PROJECT}/images:facets`, () => ({
      facets: [{ field: "label", values: [{ value: "dent", count: "1" }, { value: '"deep scratch"', count: "1" }] }],
    }))
    .on(`GET ${PROJECT}/images:histograms`, () => ({ histograms: [{ field: "conf", edges: [0, 0.25, 0.5], counts: ["3", "1"] }] }))
    .on(`GET ${PROJECT}/images:completeQuery`, () => ({}))
    .on(`GET ${PROJECT}/images:parseQuery`, () => ({}))
    .on(`GET ${PROJECT}/metadataKeys`, () => ({ keys: [{ key: "temp", types: ["TYPE_NUMBER"] }] }))
    .on(`GET ${PROJECT}/tags`, () => ({ tags: [{ displayName: "train", origin: "TAG_ORIGIN_USER" }] }))
    .on(`GET ${PROJECT}/savedSearches`, () => ({}));
}

/** The search of the newest request for images. */
function lastSearch(gateway: FakeGateway): string | null | undefined {
  return gateway.calls.filter((call) => call.route === `GET ${PROJECT}/images:search`).at(-1)?.query.get("query");
}

it("searches and narrows down by facets: only these, without these, all", async () => {
  const gateway = withImages();
  const user = renderApp("/projects/p1");

  expect(await screen.findByRole("link", { name: /dent.*75%.*cells\/a\.png/ })).toBeVisible();
  expect(await screen.findByText("2 found")).toBeVisible();
  await user.type(screen.getByRole("searchbox"), "line:L1{Enter}");
  expect(await screen.findByText("1 found")).toBeVisible();
  const value = () => within(screen.getByRole("region", { name: "label" })).getByRole("button", { name: /deep scratch/ });
  await user.click(value());

  expect(screen.getByRole("searchbox")).toHaveValue('line:L1 label:"deep scratch"');
  expect(value()).toHaveAttribute("aria-pressed", "true");
  await waitFor(() => { expect(lastSearch(gateway)).toBe('line:L1 label:"deep scratch"'); });
  await user.click(value());
  expect(screen.getByRole("searchbox")).toHaveValue('line:L1 -label:"deep scratch"');
  await user.click(value());
  expect(screen.getByRole("searchbox")).toHaveValue("line:L1");
});

it("narrows down by a range of numbers", async () => {
  withImages();
  const user = renderApp("/projects/p1");

  await user.type(await screen.findByLabelText("Confidence from"), "0.25{Enter}");

  expect(screen.getByRole("searchbox")).toHaveValue("conf:0.25..");
});

it("switches a term off and on again, and takes it away", async () => {
  withImages();
  const user = renderApp("/projects/p1?query=line%3AL1%20conf%3C0.6");

  await user.click(await screen.findByRole("button", { name: "Switch off line:L1" }));
  expect(screen.getByRole("searchbox")).toHaveValue("conf<0.6");
  await user.click(screen.getByRole("button", { name: "Switch on line:L1" }));
  expect(screen.getByRole("searchbox")).toHaveValue("conf<0.6 line:L1");
  await user.click(screen.getByRole("button", { name: "Take away conf<0.6" }));

  expect(screen.getByRole("searchbox")).toHaveValue("line:L1");
  expect(within(screen.getByRole("list", { name: "Terms of the search" })).getAllByRole("listitem")).toHaveLength(1);
});

it("shows where a query is wrong, and repairs it", async () => {
  withImages();
  const user = renderApp("/projects/p1");

  await user.type(await screen.findByRole("searchbox"), "lable:x{Enter}");

  const alert = within(await screen.findByRole("alert"));
  expect(alert.getByText(/did you mean 'label'/)).toBeVisible();
  expect(alert.getByLabelText("The fault, at character 1")).toHaveTextContent("lable");
  await user.click(alert.getByRole("button", { name: "Write label" }));
  expect(screen.getByRole("searchbox")).toHaveValue("label:x");
  expect(await screen.findByText("1 found")).toBeVisible();
});

it("completes what one writes, by keyboard", async () => {
  const gateway = withImages().on(`GET ${PROJECT}/images:completeQuery`, ({ query }) =>
    query.get("query") === "line:"
      ? { suggestions: [{ kind: "KIND_VALUE", text: "L1", start: 5, end: 5, count: "7", counted: true }, { kind: "KIND_VALUE", text: "L2", start: 5, end: 5 }] }
      : {});
  const user = renderApp("/projects/p1");

  await user.type(await screen.findByRole("searchbox"), "line:");
  const list = await screen.findByRole("listbox", { name: "Suggestions" });
  expect(within(list).getByRole("option", { name: /L1.*7.*value/ })).toBeVisible();
  await user.keyboard("{ArrowDown}{ArrowDown}{Enter}");
  expect(screen.getByRole("searchbox")).toHaveValue("line:L2 ");
  await user.keyboard("{Enter}");

  await waitFor(() => { expect(lastSearch(gateway)).toBe("line:L2"); });
});

it("takes the Enter that ends a Korean syllable as no search, and the next one as one", async () => {
  const gateway = withImages();
  renderApp("/projects/p1");
  const box = await screen.findByRole("searchbox");
  await screen.findByText("2 found");

  fireEvent.compositionStart(box);
  fireEvent.change(box, { target: { value: "태그:검토" } });
  fireEvent.keyDown(box, { key: "Enter", isComposing: true });
  fireEvent.compositionEnd(box);
  // Safari says that the syllable was just ended by the key code alone.
  fireEvent.keyDown(box, { key: "Enter", keyCode: 229 });
  expect(lastSearch(gateway)).toBe("");
  fireEvent.keyDown(box, { key: "Enter", keyCode: 13 });

  await waitFor(() => { expect(lastSearch(gateway)).toBe("태그:검토"); });
  expect(gateway.calls.filter((call) => call.query.get("query") === "태그:검토" && call.route.endsWith("images:search"))).toHaveLength(1);
});

it("picks by keyboard and mouse, tags what is picked, and takes it back", async () => {
  const operation = { name: "projects/p1/operations/o1", done: true };
  const gateway = withImages()
    .on(`POST ${PROJECT}/images:modifyTags`, () => operation)
    .on(`POST ${PROJECT}/operations/o1:undo`, () => ({ name: "projects/p1/operations/o2", done: true }));
  const user = renderApp("/projects/p1");

  await user.click(await screen.findByRole("checkbox", { name: "Select cells/a.png" }));
  expect(screen.getByText("1 selected")).toBeVisible();
  act(() => { screen.getByRole("link", { name: /cells\/a\.png/ }).focus(); });
  await user.keyboard("{Shift>}{ArrowRight}{/Shift}");
  expect(await screen.findByText("2 selected")).toBeVisible();
  expect(screen.getByRole("link", { name: /cells\/b\.png/ })).toHaveFocus();
  await user.keyboard(" ");
  expect(screen.getByText("1 selected")).toBeVisible();
  await user.keyboard("{Escape}");
  expect(screen.queryByText(/selected$/)).not.toBeInTheDocument();
  // From wherever one is on the page, also under a Korean input method.
  fireEvent.keyDown(document.body, { key: "ㅁ", code: "KeyA" });
  expect(await screen.findByText("2 selected")).toBeVisible();
  await user.click(screen.getByRole("checkbox", { name: "Select cells/b.png" }));
  expect(screen.getByText("1 selected")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Tags" }));
  await user.type(screen.getByLabelText("Tag"), "train");
  await user.click(screen.getByRole("button", { name: "Add tag" }));
  await user.click(await screen.findByRole("button", { name: "Undo" }));

  expect(await screen.findByText("Taken back.")).toBeVisible();
  expect(gateway.bodies(`POST ${PROJECT}/images:modifyTags`)).toMatchObject([{ selector: { images: { ids: ["i1"] } }, add: ["train"] }]);
  expect(gateway.bodies(`POST ${PROJECT}/operations/o1:undo`)).toHaveLength(1);
});

it("deletes all that match by query, and brings them back out of the trash", async () => {
  const gateway = withImages()
    .on(`POST ${PROJECT}/images:delete`, () => ({ name: "projects/p1/operations/o1", done: true }))
    .on(`POST ${PROJECT}/deletedImages:restore`, () => ({ name: "projects/p1/operations/o2", done: true }));
  const user = renderApp("/projects/p1?query=tag%3Aold");

  await user.click(await screen.findByRole("button", { name: "Select all 1" }));
  await user.click(screen.getByRole("button", { name: "Delete" }));
  await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("Put 1 images into the trash.")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Undo" }));

  await waitFor(() => {
    expect(gateway.bodies(`POST ${PROJECT}/deletedImages:restore`)).toMatchObject([{ selector: { deletion: "projects/p1/operations/o1" } }]);
  });
  expect(gateway.bodies(`POST ${PROJECT}/images:delete`)).toMatchObject([{ selector: { query: "tag:old" } }]);
});

/** A hundred thousand images, one as the other. */
function withMany(): FakeGateway {
  return withImages().on(`GET ${PROJECT}/images:search`, ({ query }) => {
    const skip = Number(query.get("skip"));
    const images = Array.from({ length: Number(query.get("pageSize")) }, (_, index) => image(`i${skip + index}`, `${skip + index}.png`, "dent"));
    return { images, totalSize: "100000" };
  });
}

/** Drags the scroll bar to the middle; answers how many columns there are. */
async function scrollToMiddle(): Promise<number> {
  const grid = screen.getByTestId("grid");
  const columns = screen.getAllByRole("listitem").filter((tile) => tile.style.top === "0px").length;
  const height = Number.parseFloat((grid.firstElementChild as HTMLElement).style.height);
  fireEvent.scroll(grid, { target: { scrollTop: height / 2 } });
  expect(await screen.findByRole("link", { name: /\b50010\.png/ })).toBeVisible();
  return columns;
}

it("asks only for the images that are in view", async () => {
  const gateway = withMany();
  renderApp("/projects/p1");
  await screen.findByRole("link", { name: /\b0\.png/ });

  const columns = await scrollToMiddle();

  expect(screen.getAllByRole("link", { name: /\.png/ }).length).toBeLessThan(columns * 12);
  expect(gateway.calls.filter((call) => call.route.endsWith("images:search")).map((call) => call.query.get("skip")).length).toBeLessThan(8);
});

it("does not wait for thumbnails of rows that are gone", async () => {
  withMany();
  // A search of its own: the grid of the test before stands in the middle.
  renderApp("/projects/p1?query=line%3AL1");
  const tile = await screen.findByRole("link", { name: /\b0\.png/ });
  const [arrived, awaited] = [tile, screen.getByRole("link", { name: /\b1\.png/ })].map((link) => link.querySelector("img"));
  Object.defineProperty(arrived, "complete", { value: true });
  Object.defineProperty(awaited, "complete", { value: false });

  await scrollToMiddle();

  expect(arrived).toHaveAttribute("src");
  expect(awaited).not.toHaveAttribute("src");
});

it("builds a search out of choices", async () => {
  withImages();
  const user = renderApp("/projects/p1?query=line%3AL1%20-tag%3Aseen");

  await user.click(await screen.findByRole("button", { name: "Build a search" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getAllByLabelText("Comparison").map((each) => (each as HTMLSelectElement).selectedOptions[0]?.textContent)).toEqual(["is", "is not"]);
  await user.selectOptions(dialog.getAllByRole("combobox", { name: "Group" })[0] as HTMLElement, "any");
  await user.click(dialog.getByRole("button", { name: "Condition" }));
  await user.type(dialog.getAllByLabelText("Value").at(-1) as HTMLElement, "deep scratch");
  await user.click(dialog.getByRole("button", { name: "Search" }));

  expect(screen.getByRole("searchbox")).toHaveValue('line:L1 OR tag!=seen OR label:"deep scratch"');
});

it("saves a search, and opens one with what is new in it", async () => {
  const saved = { name: "projects/p1/savedSearches/s1", displayName: "Doubtful", query: "conf<0.5", order: "ORDER_CONFIDENCE", matchCount: "9", newCount: "4" };
  const gateway = withImages()
    .on(`GET ${PROJECT}/savedSearches`, () => ({ savedSearches: [saved] }))
    .on(`POST ${PROJECT}/savedSearches`, () => saved)
    .on(`POST ${PROJECT}/savedSearches/s1:open`, () => saved);
  const user = renderApp("/projects/p1?query=line%3AL1");

  await user.click(await screen.findByRole("button", { name: "Saved searches" }));
  await user.type(await screen.findByLabelText("Name"), "Line 1");
  await user.click(screen.getByRole("button", { name: "Save this search" }));
  expect(await screen.findByText("Saved “Line 1”.")).toBeVisible();
  expect(gateway.bodies(`POST ${PROJECT}/savedSearches`)).toMatchObject([{ displayName: "Line 1", query: "line:L1", visibility: "VISIBILITY_PRIVATE" }]);
  await user.click(screen.getByRole("button", { name: "Saved searches" }));
  await user.click(await screen.findByRole("button", { name: /Doubtful.*4 new.*9/ }));

  expect(screen.getByRole("searchbox")).toHaveValue("conf<0.5");
  expect(screen.getByLabelText("Order")).toHaveValue("ORDER_CONFIDENCE");
  expect(gateway.bodies(`POST ${PROJECT}/savedSearches/s1:open`)).toHaveLength(1);
});

it("says when long work is done, though the selection is gone; and why work failed", async () => {
  const name = "projects/p1/operations/o1";
  const gateway = withImages().on(`POST ${PROJECT}/images:modifyLabels`, () => ({ name }));
  const user = renderApp("/projects/p1");

  await user.click(await screen.findByRole("checkbox", { name: "Select cells/a.png" }));
  await user.click(screen.getByRole("button", { name: "Label" }));
  await user.type(screen.getByRole("combobox", { name: "Label" }), "dent{Enter}");
  await waitFor(() => { expect(FakeEventSource.opened.has(`/v1/${name}:watch`)).toBe(true); });
  const events = FakeEventSource.opened.get(`/v1/${name}:watch`);
  act(() => { events?.send({ name, metadata: { fraction: 0.25, phase: "labels" } }); });
  await user.click(screen.getByRole("button", { name: "Clear selection" }));
  expect(screen.getByRole("progressbar", { name: "labels" })).toHaveAttribute("value", "0.25");
  act(() => { events?.send({ name, done: true, response: {} }); events?.end(); });
  expect(await screen.findByText("Labelled 1 images “dent”.")).toBeVisible();
  expect(screen.queryByRole("progressbar")).toBeNull();

  gateway.on(`POST ${PROJECT}/images:modifyLabels`, () => { throw new Refusal(403, "You may look at this project, not change it."); });
  await user.click(screen.getByRole("checkbox", { name: "Select cells/a.png" }));
  await user.click(screen.getByRole("button", { name: "Label" }));
  await user.type(screen.getByRole("combobox", { name: "Label" }), "dent{Enter}");
  expect(await screen.findByRole("alert")).toHaveTextContent("not change it");
});
