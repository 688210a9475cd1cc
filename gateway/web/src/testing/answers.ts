import type { Schemas } from "@/lib/api/client";
import { FakeGateway } from "@/testing/fake-gateway";

export const PROJECT = "/v1/projects/p1";

/** A signed-in person with one project; tests add what they are about. */
export function gatewayWithProject(counts = { total: "2", pending: "0", analysed: "2", failed: "0" }): FakeGateway {
  const project = { name: "projects/p1", displayName: "Cells", callerRole: "PROJECT_ROLE_OWNER", model: "models/efficientnet-lite0", imageCounts: counts };
  return new FakeGateway()
    .on("GET /v1/me", () => ({ name: "users/u1", displayName: "Ada" }))
    .on("GET /v1/projects", () => ({ projects: [project] }))
    .on(`GET ${PROJECT}`, () => project)
    .on(`GET ${PROJECT}/analyses`, () => ({}))
    .on(`GET ${PROJECT}/exports`, () => ({}));
}

/** An analysed image. */
export function image(id: string, fileName: string, label: string): Schemas["Image"] {
  return {
    name: `projects/p1/images/${id}`,
    fileName,
    state: "STATE_ANALYSED",
    format: "PNG",
    width: 300,
    height: 300,
    tags: [{ tag: "projects/p1/tags/t1", displayName: "line:L1", origin: "TAG_ORIGIN_AUTO" }],
    predictions: [{ model: "efficientnet-lite0", version: "1", classScores: { scores: [{ index: 1, label, confidence: 0.75 }] } }],
  };
}
