interface Call {
  /** Method and path, as in "GET /v1/me". */
  route: string;
  query: URLSearchParams;
  body: unknown;
}

type Answer = (call: Call) => unknown;

/** What a handler throws to refuse, with the body that the gateway would send. */
export class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly reason = "", readonly metadata: Record<string, string> = {}) {
    super(message);
  }

  get body(): unknown {
    const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: this.reason, domain: "loupe", metadata: this.metadata };
    return { error: { code: this.status, message: this.message, details: [info] } };
  }
}

/** Answers HTTP in tests: a handler for each route, and a record of the calls. */
export class FakeGateway {
  static current = new FakeGateway();

  readonly calls: Call[] = [];
  private readonly answers = new Map<string, Answer>();

  constructor() {
    FakeGateway.current = this;
  }

  on(route: string, answer: Answer): this {
    this.answers.set(route, answer);
    return this;
  }

  /** Bodies of the calls of a route, oldest first. */
  bodies(route: string): unknown[] {
    return this.calls.filter((call) => call.route === route).map((call) => call.body);
  }

  async answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const text = await request.text();
    const call = { route: `${request.method} ${decodeURIComponent(url.pathname)}`, query: url.searchParams, body: text ? (JSON.parse(text) as unknown) : undefined };
    this.calls.push(call);
    const answer = this.answers.get(call.route);
    if (!answer) throw new Error(`no answer for ${call.route}`);
    try {
      const body = answer(call);
      return body instanceof ArrayBuffer ? new Response(body) : Response.json(body ?? {});
    } catch (error) {
      if (error instanceof Refusal) return Response.json(error.body, { status: error.status });
      throw error;
    }
  }
}
