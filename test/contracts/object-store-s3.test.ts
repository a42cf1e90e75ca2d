import { describeObjectStore } from "./object-store.ts";
import { storeAt, useOwnS3Server } from "./own-s3-server.ts";

/** More than two parts, so that parts are sent beside each other. */
const LARGE = 15_000_000;

const s3 = useOwnS3Server();

describeObjectStore("the S3 store", async () => ({ store: storeAt(s3()), largeBytes: LARGE }));
describeObjectStore("the S3 store with checksums", async () => ({
  store: storeAt(s3(), { checksums: "WHEN_SUPPORTED" }),
  largeBytes: LARGE,
}));
