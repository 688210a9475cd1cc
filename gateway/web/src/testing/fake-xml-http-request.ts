/** An upload that a test moves on itself. */
export class FakeXmlHttpRequest {
  /** In the order in which they were sent. */
  static readonly sent: FakeXmlHttpRequest[] = [];

  readonly upload: { onprogress: ((event: { loaded: number; total: number }) => void) | null } = { onprogress: null };
  responseType = "";
  status = 0;
  response: unknown = null;
  url = "";
  form = new FormData();
  onload: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onabort: (() => void) | null = null;

  open(_method: string, url: string): void {
    this.url = url;
  }

  send(form: FormData): void {
    this.form = form;
    FakeXmlHttpRequest.sent.push(this);
  }

  progress(loaded: number, total: number): void {
    this.upload.onprogress?.({ loaded, total });
  }

  abort(): void {
    this.onabort?.();
  }

  breakOff(): void {
    this.onerror?.();
  }

  answer(status: number, body: unknown): void {
    this.status = status;
    this.response = body;
    this.onload?.();
  }
}
