/** Commands that load compiled code of their own instead of all commands': the ones that a shell or a user repeats most. */
export const WITH_OWN_CODE = ["get", "__complete"] as const;
export type OwnCommand = (typeof WITH_OWN_CODE)[number];
