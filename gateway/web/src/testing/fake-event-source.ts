/** Server-sent events that a test sends itself. */
export class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2;
  /** The newest one opened for each path. */
  static readonly opened = new Map<string, FakeEventSource>();

  readyState = 1;
  onmessage: ((event: MessageEvent<string>) => void) | null = null;

  constructor(readonly path: string) {
    super();
    FakeEventSource.opened.set(path, this);
  }

  send(message: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data: JSON.stringify(message) }));
  }

  end(): void {
    this.dispatchEvent(new MessageEvent("end"));
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }
}
