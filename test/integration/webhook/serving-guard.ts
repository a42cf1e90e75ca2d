import { createServer } from "node:https";
import { openAccess } from "#core/kube/access/access.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { openCertificates } from "#webhook/certificates/certificates.ts";

// A program of its own: a replica as far as certificates go. Serves what openCertificates gives it on PORT, allows every
// review with a warning that tells its port, and ends with SIGTERM.
const { kubeconfig, port, settings } = JSON.parse(process.argv[2] ?? "{}");

const access = await openAccess({ kubeconfig, env: {}, interactive: false });
const cluster = openCluster(access, { userAgent: "kubectl-backup-test" });
const aborter = new AbortController();
const certificates = await openCertificates(settings, cluster, {
  onChange: ({ key, cert }) => {
    process.stdout.write("changed\n");
    server.setSecureContext({ key, cert });
  },
  onTrouble: (message) => process.stdout.write(`trouble: ${message}\n`),
});
const { key, cert } = certificates.current();
const server = createServer({ key, cert }, (request, reply) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const { uid } = JSON.parse(Buffer.concat(parts).toString()).request;
    const response = { uid, allowed: true, warnings: [`answered by ${port}`] };
    reply.setHeader("content-type", "application/json");
    // Each review on a connection of its own, so that each has a handshake.
    reply.setHeader("connection", "close");
    reply.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response }));
  });
});
server.listen(port, "127.0.0.1", () => process.stdout.write("serving\n"));
process.on("SIGTERM", () => {
  aborter.abort();
  certificates.close();
  cluster.close();
  server.close();
});
await certificates.keepFresh(aborter.signal);
