// An OpenID Connect provider on loopback, for the tests of sign-in: node provider.mjs LIBRARY REDIRECT_URI
// It writes its issuer in a line when it is ready.
import { once } from "node:events";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [library, redirectUri] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(library));

// It listens before it is made, since its address is in all that it says.
const server = createServer();
await once(server.listen(0, "127.0.0.1"), "listening");
const issuer = `http://127.0.0.1:${server.address().port}`;

// Whoever signs in by one of these names; any password is right.
const people = {
  dana: { name: "Dana Engineer", email: "Dana@Example.com", email_verified: true, groups: ["sre", "everybody"] },
  rosa: { name: "Rosa Reader", email: "rosa@example.com", email_verified: false, groups: ["everybody"] },
};

const provider = new Provider(issuer, {
  clients: [{ client_id: "closeout", client_secret: "a secret with & and %", redirect_uris: [redirectUri] }],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
  findAccount: (_ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["for the tests only"] },
});
server.on("request", provider.callback());
console.log(issuer);
