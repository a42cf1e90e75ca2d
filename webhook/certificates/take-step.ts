import { issueAuthority, issueServing } from "./issue.ts";
import { signerOf, type TlsMaterial } from "./material.ts";
import type { Circumstances, Step } from "./next-step.ts";

/** The material after a step; undefined: it stays as it is. */
export async function takeStep(
  step: Exclude<Step, "make-all">,
  material: TlsMaterial,
  around: Circumstances,
): Promise<TlsMaterial | undefined> {
  switch (step) {
    case "keep":
      return undefined;
    case "change-authority":
      return changeAuthority(material, around);
    case "renew-serving":
      return { ...material, serving: await newServing(material, around) };
    case "drop-previous":
      return { authority: material.authority, serving: material.serving };
  }
}

export async function makeMaterial(around: Circumstances): Promise<TlsMaterial> {
  const authority = await newAuthority(around);
  return { authority, serving: await newServing({ authority }, around) };
}

/** What is served stays, and with it the certificate of whoever signed it. */
export async function changeAuthority(
  { serving, ...held }: TlsMaterial,
  around: Circumstances,
): Promise<TlsMaterial> {
  const signer = signerOf({ serving, ...held }, around.now);
  return { authority: await newAuthority(around), serving, previousAuthority: signer?.toString() };
}

function newAuthority({ now, policy }: Circumstances) {
  return issueAuthority({ now, days: policy.authorityDays });
}

function newServing({ authority }: Pick<TlsMaterial, "authority">, { hosts, now, policy }: Circumstances) {
  return issueServing(authority, hosts, { now, days: policy.servingDays });
}
