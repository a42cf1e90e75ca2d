import { BlockList, isIP } from "node:net";
import { domainToASCII } from "node:url";

interface Place {
  readonly host: string;
  readonly port: string;
}

/**
 * NO_PROXY as Go reads it (golang.org/x/net/http/httpproxy): a comma-separated list of `*`, addresses, networks in CIDR
 * notation and domain names, each but the networks with an optional port. `a.b` means a.b and all below it, `.a.b` and
 * `*.a.b` only what is below. This machine is never reached through a proxy.
 */
export function isExcluded(target: URL, noProxy: string): boolean {
  const host = bareHost(target.hostname.toLowerCase());
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  if (host === "localhost" || isLoopback(host)) return true;
  return noProxy.split(",").some((entry) => matches(entry.trim().toLowerCase(), { host, port }));
}

function matches(entry: string, place: Place): boolean {
  if (entry === "") return false;
  if (entry === "*") return true;
  const network = /^([^/]+)\/(\d{1,3})$/.exec(entry);
  if (network) return isInNetwork(place.host, network[1] ?? "", Number(network[2]));
  const { host, port } = splitPort(entry);
  if (host === "" || (port !== "" && port !== place.port)) return false;
  return isIP(place.host) > 0
    ? isInNetwork(place.host, host, addressBits(host))
    : isInDomain(place.host, host);
}

function addressBits(address: string): number {
  return isIP(address) === 4 ? 32 : 128;
}

function isInDomain(host: string, domain: string): boolean {
  const below = domain.startsWith("*.") ? domain.slice(1) : domain;
  if (below.startsWith(".")) return host.endsWith(`.${domainToASCII(below.slice(1))}`);
  const exact = domainToASCII(below) || below;
  return host === exact || host.endsWith(`.${exact}`);
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (isIP(host) === 0 || family === 0 || bits > addressBits(network)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, family === 4 ? "ipv4" : "ipv6");
  return list.check(host, isIP(host) === 4 ? "ipv4" : "ipv6");
}

function isLoopback(host: string): boolean {
  return isInNetwork(host, "127.0.0.0", 8) || isInNetwork(host, "::1", 128);
}

function splitPort(entry: string): Place {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry);
  if (bracketed) return { host: bracketed[1] ?? "", port: bracketed[2] ?? "" };
  const named = /^([^:]*):([^:]*)$/.exec(entry);
  return named ? { host: named[1] ?? "", port: named[2] ?? "" } : { host: entry, port: "" };
}

function bareHost(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}
