// A real OpenID provider for tests: signs in whom the test names, without pages.
// Usage: node provider.mjs <redirect uri>; prints {"issuer": …} once it listens.
import http from "node:http";
import { Provider } from "oidc-provider";

const people = new Map();
let next = null;
const server = http.createServer();
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [{ client_id: "loupe", client_secret: "the client's secret: 100% + /", redirect_uris: [process.argv[2]] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "groups"] },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["for tests only"] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people.get(id) }) }),
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const handle = provider.callback();
server.on("request", async (request, response) => {
  if (request.url.startsWith("/next")) {
    // The test says who comes next, and what is known of him.
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    next = JSON.parse(Buffer.concat(chunks).toString());
    people.set(next.sub, next.claims);
    response.end();
  } else if (request.url.startsWith("/interaction/")) {
    const result = next.refuses ? { error: "access_denied" } : { login: { accountId: next.sub } };
    await provider.interactionFinished(request, response, result);
  } else {
    handle(request, response);
  }
});
console.log(JSON.stringify({ issuer }));
