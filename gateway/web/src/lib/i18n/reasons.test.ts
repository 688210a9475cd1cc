import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError } from "@/lib/api/errors";
import { chooseLanguage, i18next } from "@/lib/i18n";
import { faultText } from "@/lib/i18n/fault-text";
import { reasonsKo } from "@/lib/i18n/reasons-ko";

const PROTOS = join(import.meta.dirname, "../../../../../protos/loupe");

/** Each reason with the names in the metadata of its examples, over all services. */
function catalogue(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const service of readdirSync(PROTOS)) {
    const path = join(PROTOS, service, "v1/error_reason.proto");
    let text = "";
    try { text = readFileSync(path, "utf8"); } catch { continue; }
    for (const [, comment = "", reason = ""] of text.matchAll(/((?: +\/\/.*\n)+) +ERROR_REASON_(\w+) = [1-9]/g)) {
      const metadata = comment.split("metadata").at(-1) ?? "";
      const names = found.get(reason) ?? new Set();
      for (const [, name = ""] of metadata.matchAll(/[{,]\s*"?(\w+)"?:/g)) names.add(name);
      found.set(reason, names);
    }
  }
  return found;
}

describe("Korean texts of faults", () => {
  it("are there for every reason, and for no other", () => {
    expect([...catalogue().keys()].sort()).toEqual(Object.keys(reasonsKo).sort());
  });

  it("name what the metadata has", () => {
    const known = catalogue();
    const wrong = Object.entries(reasonsKo).flatMap(([reason, text]) =>
      [...text.matchAll(/\{\{(\w+)\}\}/g)].filter(([, name = ""]) => name !== "message" && !known.get(reason)?.has(name)).map(([, name]) => `${reason}: ${name}`));

    expect(wrong).toEqual([]);
  });
});

describe("faultText", () => {
  afterEach(() => { chooseLanguage("en"); });

  const tooFew = new ApiError(400, "A map needs 10 images; there are 1200.", "TOO_FEW_IMAGES", { count: "1200", minimum: "10" });

  it("says a fault in the language of its reader", async () => {
    expect(faultText(tooFew)).toBe("A map needs 10 images; there are 1200.");

    chooseLanguage("ko");
    await expect.poll(() => i18next.exists("reasons.TOO_FEW_IMAGES")).toBe(true);

    expect(faultText(tooFew)).toBe("이미지가 1,200장뿐입니다. 10장 이상 필요합니다.");
    expect(faultText({ code: 5, message: "No.", details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "IMAGE_NOT_FOUND" }] }))
      .toBe(reasonsKo["IMAGE_NOT_FOUND"]);
  });

  it("says what has no text as it came, and a lost connection in words of its own", () => {
    expect(faultText(new ApiError(400, "Odd.", "NEVER_HEARD_OF"))).toBe("Odd.");
    expect(faultText(new TypeError("Failed to fetch"))).toBe("The connection was lost. Check your network and try again.");
    expect(faultText(new TypeError("x is undefined"))).toBe("x is undefined");
  });
});
