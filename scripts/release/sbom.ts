import type { BundledPackage } from "./bundled-packages.ts";

/**
 * A CycloneDX 1.6 bill of what is in the executables: the packages that were bundled, and Node with the libraries that it
 * is linked with. Neither time nor serial number, which the format leaves free: two builds give the same bytes.
 */
export function sbom(version: string, packages: readonly BundledPackage[]): string {
  const reference = `kubectl-backup@${version}`;
  const components = [...packages.map(npmComponent), nodeComponent()];
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        "bom-ref": reference,
        type: "application",
        name: "kubectl-backup",
        version,
        licenses: [{ license: { id: "Apache-2.0" } }],
      },
    },
    components,
    dependencies: [{ ref: reference, dependsOn: components.map((component) => component["bom-ref"]) }],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function npmComponent({ name, version, license, integrity }: BundledPackage) {
  // A scope's @ is percent-encoded (package-url's npm type).
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  return {
    "bom-ref": purl,
    type: "library",
    name,
    version,
    purl,
    licenses: [/ (OR|AND) /.test(license) ? { expression: license } : { license: { id: license } }],
    hashes: [{ alg: "SHA-512", content: sha512(integrity) }],
  };
}

/** npm writes digests in base64. */
function sha512(integrity: string): string {
  return Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
}

function nodeComponent() {
  const { node, ...libraries } = process.versions;
  const purl = `pkg:generic/node@${node}`;
  return {
    "bom-ref": purl,
    type: "platform",
    name: "node",
    version: node,
    purl,
    licenses: [{ license: { id: "MIT" } }],
    components: Object.entries(libraries)
      // A number of Node's own binary interface, and versions of data.
      .filter(([name]) => !["modules", "cldr", "tz", "unicode", "napi"].includes(name))
      .sort(([a], [b]) => a.localeCompare(b, "en"))
      .map(([name, version = ""]) => ({
        "bom-ref": `pkg:generic/node/${name}@${version}`,
        type: "library",
        name,
        version,
      })),
  };
}
