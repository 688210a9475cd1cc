import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";
import "@/lib/i18n";
import { FakeEventSource } from "@/testing/fake-event-source";
import { FakeGateway } from "@/testing/fake-gateway";
import { FakeXmlHttpRequest } from "@/testing/fake-xml-http-request";

// The network ends here: what is not answered by the test's FakeGateway fails.
vi.stubGlobal("fetch", (what: Request | string) =>
  FakeGateway.current.answer(typeof what === "string" ? new Request(new URL(what, location.origin)) : what));
vi.stubGlobal("EventSource", FakeEventSource);
vi.stubGlobal("XMLHttpRequest", FakeXmlHttpRequest);
vi.stubGlobal("scrollTo", () => undefined);
// Nothing is laid out here: sizes never change, and nothing needs to be scrolled to.
vi.stubGlobal("ResizeObserver", class {
  observe(): void { /* nothing to see */ }
  unobserve(): void { /* nothing to see */ }
  disconnect(): void { /* nothing to see */ }
});
Element.prototype.scrollIntoView = () => undefined;
HTMLCanvasElement.prototype.getContext = () => null;

// A busy machine is no fault of the page.
configure({ asyncUtilTimeout: 20_000 });

afterEach(() => {
  cleanup();
  FakeEventSource.opened.clear();
  FakeXmlHttpRequest.sent.length = 0;
});
