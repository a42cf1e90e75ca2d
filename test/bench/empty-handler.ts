// The yardstick of the guard: the same framework over the same TLS reads the same body, and answers without a thought.
// `node empty-handler.ts PORT`.
import express from "express";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";
import { createReviewServer } from "#webhook/server.ts";

const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.post("/review", express.json(), (_, reply) => void reply.json({}));
const server = createReviewServer(app, await issueServer(await createAuthority("bench"), ["127.0.0.1"]));
server.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGTERM", () => process.exit());
