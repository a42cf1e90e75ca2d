/** Servers before 1.24 made a Secret `<account>-token-<5 characters>` for each service account, OpenShift another. */
export function isTokenSecretName(name: string, account: string): boolean {
  if (account === "" || !name.startsWith(`${account}-`)) return false;
  return /^(?:token|dockercfg)-[a-z0-9]{5}$/.test(name.slice(account.length + 1));
}
