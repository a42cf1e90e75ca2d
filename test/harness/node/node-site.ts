import type { KeyPair } from "#test/harness/certificates.ts";
import type { NodeNamespaces } from "./namespaces.ts";
import type { NodeNetwork } from "./network.ts";

/** What all parts of a node have to know. */
export type NodeSite = {
  /** The cluster's; keys, configuration, logs and pid files of the node go there too. */
  readonly directory: string;
  readonly lifetime: "parent" | "own";
  readonly enter: NodeNamespaces["enter"];
  readonly network: NodeNetwork;
  /** Folder of kubelet, kube-proxy and kube-scheduler. */
  readonly bin: string;
  /** The API server's URL. */
  readonly server: string;
  readonly ca: KeyPair;
};

export const NODE_NAME = "node-1";
