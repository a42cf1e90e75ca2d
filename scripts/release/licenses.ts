import type { BundledPackage } from "./bundled-packages.ts";

/** The licence texts of all that an executable holds beside our own code. */
export function thirdPartyLicenses(packages: readonly BundledPackage[], nodeLicense: string): string {
  const rule = "=".repeat(79);
  const parts = packages.map(({ name, version, license, licenseTexts }) =>
    [`${name} ${version} (${license})`, ...licenseTexts].join("\n\n"),
  );
  const node = `Node.js ${process.versions.node}\n\n${nodeLicense.trim()}`;
  return `${[...parts, node].join(`\n\n${rule}\n\n`)}\n`;
}
