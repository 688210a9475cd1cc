import type { ProjectSearch } from "@/app/search";
import { ORDERS, type ImageSearch } from "@/features/images/api/search";

/** The search for images that an address asks for. */
export function imageSearchOf({ query = "", order }: ProjectSearch): ImageSearch {
  return { query, order: ORDERS.find((each) => each === order) ?? "ORDER_NEWEST" };
}

/** A search for images as it stands in an address: what is usual is left out. */
export function toAddress({ query, order, off = [] }: ImageSearch & { off?: readonly string[] }): ProjectSearch {
  return { ...(query && { query }), ...(order !== "ORDER_NEWEST" && { order }), ...(off.length > 0 && { off: [...off] }) };
}
