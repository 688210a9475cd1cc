import { queryOptions } from "@tanstack/react-query";
import { api, unwrap, type Schemas } from "@/lib/api/client";
import { newRequestId } from "@/lib/request-id";

export type ReviewItem = Schemas["ReviewItem"];
export type ReviewedImage = Schemas["Image"];

export const ORDERS = ["REVIEW_ORDER_LEAST_CONFIDENCE", "REVIEW_ORDER_DISAGREEMENT", "REVIEW_ORDER_OUTLIER", "REVIEW_ORDER_NEWEST"] as const;

/** Which images are reviewed, and in which order. */
export interface Asked {
  query: string;
  order: (typeof ORDERS)[number];
  includeLabelled: boolean;
}

/** What the reviewer says of an image. */
export type Word = { action: "ACTION_AGREE" } | { action: "ACTION_SKIP" } | { action: "ACTION_RELABEL"; label: string };

/** The next images, for this reviewer alone for two minutes; those that are taken already come first, for two minutes more. */
export async function takeItems(project: string, asked: Asked, pageSize: number): Promise<ReviewItem[]> {
  const answer = await unwrap(api.POST("/v1/projects/{project}/reviewItems:take", { params: { path: { project } }, body: { ...asked, pageSize } }));
  return answer.items ?? [];
}

export function sayOf(project: string, item: ReviewItem, word: Word) {
  const image = item.image?.name?.split("/").at(-1) ?? "";
  const said = word.action === "ACTION_RELABEL" ? { labels: [{ displayName: word.label }] } : {};
  const mark = word.action === "ACTION_AGREE" && item.predictionEtag ? { predictionEtag: item.predictionEtag } : {};
  return unwrap(
    api.POST("/v1/projects/{project}/images/{image}:review", {
      params: { path: { project, image } },
      body: { action: word.action, ...said, ...mark, requestId: newRequestId() },
    }),
  );
}

export const progressQuery = (project: string, { query, includeLabelled }: Asked) =>
  queryOptions({
    queryKey: ["reviewProgress", project, query, includeLabelled],
    queryFn: () => unwrap(api.GET("/v1/projects/{project}/reviewProgress", { params: { path: { project }, query: { query, includeLabelled } } })),
  });

/** Classes that there are, by label and by prediction, the most frequent first. */
export const classesQuery = (project: string) =>
  queryOptions({
    queryKey: ["reviewClasses", project],
    queryFn: async () => {
      const found = await unwrap(api.GET("/v1/projects/{project}/images:facets", { params: { path: { project }, query: { query: "", fields: ["truth", "label"] } } }));
      const counts = new Map<string, number>();
      for (const { value, count } of (found.facets ?? []).flatMap((facet) => facet.values ?? [])) {
        const name = plain(value ?? "");
        if (name) counts.set(name, (counts.get(name) ?? 0) + Number(count ?? 0));
      }
      return [...counts].sort((one, other) => other[1] - one[1]).map(([name]) => name);
    },
    staleTime: Infinity,
  });

/** A value as it is; facets write it as queries do, in quotes where it has spaces. */
function plain(value: string): string {
  return value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
}
