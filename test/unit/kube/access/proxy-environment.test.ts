import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseProxy } from "#core/kube/access/proxy-choice.ts";
import { proxyFromEnvironment } from "#core/kube/access/proxy-environment.ts";
import { isExcluded } from "#core/kube/access/proxy-exclusions.ts";

const https = new URL("https://api.example.com:6443");
const tls = { ca: "CA", cert: undefined, key: undefined, servername: undefined, rejectUnauthorized: true };

describe("the proxy of the environment", () => {
  test.each([
    [{ HTTPS_PROXY: "http://p:1" }, "http://p:1"],
    [{ https_proxy: "http://p:1" }, "http://p:1"],
    [{ HTTPS_PROXY: "http://upper", https_proxy: "http://lower" }, "http://upper"],
    [{ HTTPS_PROXY: "p:3128" }, "http://p:3128"],
    [{ HTTPS_PROXY: "user:pass@p:3128" }, "http://user:pass@p:3128"],
    [{ HTTPS_PROXY: "socks5://p" }, "socks5://p"],
    [{ HTTP_PROXY: "http://p", ALL_PROXY: "http://p" }, undefined],
    [{ HTTPS_PROXY: "http://p", NO_PROXY: "example.com" }, undefined],
    [{ HTTPS_PROXY: "http://p", no_proxy: "example.com" }, undefined],
    [{ HTTPS_PROXY: "", NO_PROXY: "" }, undefined],
  ])("%j gives %s for an https address", (env, proxy) => {
    expect(proxyFromEnvironment(https, env)).toBe(proxy);
  });

  test("an http address has HTTP_PROXY, except in a CGI program", () => {
    const http = new URL("http://api.example.com");
    expect(proxyFromEnvironment(http, { HTTP_PROXY: "http://p" })).toBe("http://p");
    expect(proxyFromEnvironment(http, { HTTPS_PROXY: "http://p" })).toBeUndefined();
    expect(proxyFromEnvironment(http, { HTTP_PROXY: "http://p", REQUEST_METHOD: "GET" })).toBeUndefined();
  });
});

describe("NO_PROXY", () => {
  test.each([
    ["https://a.b", "*", true],
    ["https://a.b", "x, * ", true],
    ["https://a.b", "a.b", true],
    ["https://x.a.b", "a.b", true],
    ["https://xa.b", "a.b", false],
    ["https://a.b", ".a.b", false],
    ["https://x.a.b", ".a.b", true],
    ["https://a.b", "*.a.b", false],
    ["https://x.y.a.b", "*.a.b", true],
    ["https://A.B", "a.B", true],
    ["https://a.b", "a.b:443", true],
    ["https://a.b:6443", "a.b:443", false],
    ["http://a.b", "a.b:80", true],
    ["https://x.a.b:6443", ".a.b:6443", true],
    ["https://10.1.2.3", "10.0.0.0/8", true],
    ["https://11.1.2.3", "10.0.0.0/8", false],
    ["https://10.1.2.3:6443", "10.1.2.3", true],
    ["https://10.1.2.3:6443", "10.1.2.3:6443", true],
    ["https://10.1.2.3:6443", "10.1.2.3:443", false],
    ["https://110.1.2.3", "10.1.2.3", false],
    ["https://[2001:db8::1]:6443", "2001:db8::/32", true],
    ["https://[2001:db8::1]", "2001:db8:0::1", true],
    ["https://[2001:db8::1]:6443", "[2001:db8::1]:6443", true],
    ["https://[2001:db8::1]:6443", "[2001:db8::1]:443", false],
    ["https://a.b", "10.0.0.0/8,,:443, ,999.0.0.0/99", false],
    ["https://bücher.example", "bücher.example", true],
    ["https://a.b", "", false],
    ["https://localhost:6443", "", true],
    ["https://127.8.9.1:6443", "", true],
    ["https://[::1]:6443", "", true],
    ["https://128.0.0.1", "", false],
  ])("%s with NO_PROXY=%j: direct %s", (target, noProxy, direct) => {
    expect(isExcluded(new URL(target), noProxy)).toBe(direct);
  });

  test("a network excludes exactly the addresses whose leading bits are its own", () => {
    const address = fc.nat({ max: 0xffffffff });
    const dotted = (value: number): string =>
      [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
    fc.assert(
      fc.property(address, fc.nat({ max: 8 }), fc.integer({ min: 1, max: 32 }), (host, flip, bits) => {
        const network = (host ^ (1 << flip)) >>> 0;
        const inside = host >>> (32 - bits) === network >>> (32 - bits) || host >>> 24 === 127;
        expect(isExcluded(new URL(`https://${dotted(host)}`), `${dotted(network)}/${bits}`)).toBe(inside);
      }),
    );
  });
});

describe("choosing a proxy", () => {
  test("the kubeconfig's goes before the environment's and leaves nothing out", () => {
    const env = { HTTPS_PROXY: "http://env", NO_PROXY: "*" };
    const chosen = chooseProxy({ server: https, tls, configured: "socks5://kube:1080", env });
    expect(chosen).toMatchObject({ ca: "CA", rejectUnauthorized: true });
    expect(chosen?.url.href).toBe("socks5://kube:1080");
    expect(chooseProxy({ server: https, tls, configured: undefined, env })).toBeUndefined();
  });

  test.each(["ftp://user:s3cret@p", "http://user:s3cret@p:port", "://s3cret"])(
    "%s is refused without being quoted",
    (configured) => {
      const choose = (): unknown => chooseProxy({ server: https, tls, configured, env: {} });
      expect(choose).toThrow(expect.objectContaining({ code: "kubeconfig-broken" }));
      expect(choose).not.toThrow("s3cret");
    },
  );
});
