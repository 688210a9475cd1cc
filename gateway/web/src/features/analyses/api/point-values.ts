import type { Schemas } from "@/lib/api/client";

/** What colours the points of a map: a class for each, or a number for each. */
export type PointValues =
  | { kind: "classes"; values: string[]; codes: Uint32Array }
  | { kind: "numbers"; numbers: Float32Array };

export const NO_CODE = 0xffffffff;

export function readPointValues(message: Schemas["PointValues"]): PointValues {
  if (message.numbers) return { kind: "numbers", numbers: new Float32Array(decode(message.numbers)) };
  return { kind: "classes", values: message.values ?? [], codes: new Uint32Array(decode(message.codes ?? "")) };
}

function decode(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}
