// An OpenID Connect provider on loopback, for the tests of sign-in: node provider.mjs LIBRARY PORT REDIRECT_URI
import { pathToFileURL } from "node:url";

const [library, port, redirectUri] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(library));

// Whoever signs in by one of these names; any password is right.
const people = {
  dana: { name: "Dana Engineer", email: "Dana@Example.com", email_verified: true, groups: ["sre", "everybody"] },
  rosa: { name: "Rosa Reader", email: "rosa@example.com", email_verified: false, groups: ["everybody"] },
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "closeout", client_secret: "a secret with & and %", redirect_uris: [redirectUri] }],
  claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
  findAccount: (_ctx, id) => people[id] && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["for the tests only"] },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
