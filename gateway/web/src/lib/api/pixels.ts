import { queryOptions } from "@tanstack/react-query";
import { api, idOf, unwrap, type Schemas } from "@/lib/api/client";

type Image = Schemas["Image"];
export type Pixels = Schemas["ImagePixels"];

/** The values that are shown: `low` and all below as black, `high` and all above as white. */
export interface ValueWindow {
  low: number;
  high: number;
}

const SHOWN_BY_BROWSERS = new Set(["PNG", "JPEG", "WEBP", "BMP"]);
// As the server has it; it says more exactly, as it reads the file.
const MOST_PIXELS = 32e6;

/** Whether a browser can be given the file; a PNG of 16 bits it shows, but only in 8, and no WebP it turns as EXIF says. */
export function isForBrowsers(image: Image): boolean {
  return SHOWN_BY_BROWSERS.has(image.format ?? "") && (image.width ?? 0) * (image.height ?? 0) <= MOST_PIXELS;
}

/** Whether the server must be asked how to show an image. */
export function mayNeedTiles(image: Image): boolean {
  return image.format === "PNG" || image.format === "WEBP" || !isForBrowsers(image);
}

/** How the values of an image can be looked at; `measure`: also where the file is fine as it is. */
export const pixelsQuery = (project: string, image: Image, measure: boolean) =>
  queryOptions({
    queryKey: ["images", project, "pixels", idOf(image.name), measure],
    // Ending it ends the cutting of a large image that nobody waits for any more.
    queryFn: ({ signal }) => unwrap(api.GET("/v1/projects/{project}/images/{image}/pixels", { params: { path: { project, image: idOf(image.name) }, query: { measure } }, signal })),
    staleTime: Infinity,
    placeholderData: (before) => (idOf(before?.name?.replace(/\/pixels$/, "")) === idOf(image.name) ? before : undefined),
  });

/** Address of one tile. */
export function tileAddress(name: string, level: number, column: number, row: number, window: ValueWindow | undefined): string {
  const shown = window ? `&low=${window.low}&high=${window.high}` : "";
  return `/v1/${name}:tile?level=${level}&column=${column}&row=${row}${shown}`;
}
