import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { gatewayWithProject, image, PROJECT } from "@/testing/answers";
import { Refusal, type FakeGateway } from "@/testing/fake-gateway";
import { renderApp } from "@/testing/render-app";

const DENT = image("i1", "cells/a.png", "dent");
const SCRATCH = image("i2", "cells/b.png", "scratch");

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
    }));
}

it("searches and narrows down by facets", async () => {
  const gateway = withImages();
  const user = renderApp("/projects/p1");

  expect(await screen.findByRole("button", { name: /dent 75%.*cells\/a\.png/ })).toBeVisible();
  expect(await screen.findByText("2 found")).toBeVisible();
  await user.type(screen.getByRole("searchbox"), "line:L1{Enter}");
  expect(await screen.findByText("1 found")).toBeVisible();
  const facet = within(screen.getByRole("region", { name: "label" }));
  await user.click(facet.getByRole("button", { name: /deep scratch/ }));

  expect(screen.getByRole("searchbox")).toHaveValue('line:L1 label:"deep scratch"');
  expect(facet.getByRole("button", { name: /deep scratch/ })).toHaveAttribute("aria-pressed", "true");
  expect(gateway.calls.at(-1)?.query.get("query")).toBe('line:L1 label:"deep scratch"');
});

it("shows where a query is wrong", async () => {
  withImages();
  const user = renderApp("/projects/p1");

  await user.type(await screen.findByRole("searchbox"), "lable:x{Enter}");

  const alert = within(await screen.findByRole("alert"));
  expect(alert.getByText(/did you mean 'label'/)).toBeVisible();
  expect(alert.getByLabelText("The fault, at character 1")).toHaveTextContent("lable");
});

it("puts a tag on an image that its address opens, and takes it off", async () => {
  const gateway = withImages().on(`POST ${PROJECT}/images:modifyTags`, () => ({ done: true }));
  gateway.on(`GET ${PROJECT}/images/i1`, () => {
    const isTagged = gateway.bodies(`POST ${PROJECT}/images:modifyTags`).length === 1;
    const seen = { tag: "projects/p1/tags/t2", displayName: "seen", origin: "TAG_ORIGIN_USER" as const };
    return isTagged ? { ...DENT, tags: [...(DENT.tags ?? []), seen] } : DENT;
  });
  const user = renderApp("/projects/p1?image=i1");

  const panel = within(await screen.findByRole("complementary", { name: "cells/a.png" }));
  await user.type(panel.getByLabelText("Tag"), "seen");
  await user.click(panel.getByRole("button", { name: "Add tag" }));
  await user.click(await panel.findByRole("button", { name: "Remove seen" }));

  expect(panel.queryByRole("button", { name: "Remove line:L1" })).toBeNull();
  expect(gateway.bodies(`POST ${PROJECT}/images:modifyTags`)).toMatchObject([
    { selector: { images: { ids: ["i1"] } }, add: ["seen"] },
    { selector: { images: { ids: ["i1"] } }, remove: ["seen"] },
  ]);
});

it("tags what is selected", async () => {
  const gateway = withImages().on(`POST ${PROJECT}/images:modifyTags`, () => ({ done: true }));
  const user = renderApp("/projects/p1");

  await user.click(await screen.findByRole("checkbox", { name: "Select cells/b.png" }));
  expect(screen.getByText("1 selected")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Select all shown" }));
  await user.type(screen.getByLabelText("Tag"), "train");
  await user.click(screen.getByRole("button", { name: "Add tag" }));

  expect(gateway.bodies(`POST ${PROJECT}/images:modifyTags`)).toMatchObject([{ selector: { images: { ids: ["i1", "i2"] } }, add: ["train"] }]);
});

it("steps through the images by keyboard and closes with Escape", async () => {
  withImages().on(`GET ${PROJECT}/images/i1`, () => DENT).on(`GET ${PROJECT}/images/i2`, () => SCRATCH);
  const user = renderApp("/projects/p1");

  await user.click(await screen.findByRole("button", { name: /cells\/a\.png/ }));
  expect(await screen.findByRole("complementary", { name: "cells/a.png" })).toBeVisible();
  await user.keyboard("{ArrowRight}");
  expect(await screen.findByRole("complementary", { name: "cells/b.png" })).toBeVisible();
  await user.keyboard("{Escape}");

  expect(screen.queryByRole("complementary", { name: "cells/b.png" })).toBeNull();
});
