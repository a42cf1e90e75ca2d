// The last words of a run: every failure once more with its reason, where it is not scrolled away, and the sum.
//   node .ci/sum.ts RESULTS STATUS   (a folder of vitest's JSON reports; the exit status of the run so far)
import { globSync, readFileSync } from "node:fs";
import { relative } from "node:path";

type TestFile = {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly {
    readonly fullName: string;
    readonly status: string;
    readonly failureMessages: readonly string[] | null;
  }[];
};
type Report = { readonly numPassedTests: number; readonly testResults: readonly TestFile[] };

const [folder = "", status = "1"] = process.argv.slice(2);
const reports = globSync(`${folder}/*.json`).map((file) => JSON.parse(readFileSync(file, "utf8")) as Report);
const failures = reports.flatMap(({ testResults }) => testResults.flatMap(failuresOf));
const passed = reports.reduce((sum, { numPassedTests }) => sum + numPassedTests, 0);

for (const { where, why } of failures)
  console.log(`FAILED ${where}\n  ${why.slice(0, 600).replaceAll("\n", "\n  ")}`);
// A step that failed without a test to blame counts as one failure.
console.log(`${passed} passed, ${failures.length === 0 && status !== "0" ? 1 : failures.length} failed`);

/** A file that could not be loaded, or whose preparation failed, counts as one failure. */
function failuresOf(file: TestFile): readonly { readonly where: string; readonly why: string }[] {
  const path = relative(process.cwd(), file.name);
  const failed = file.assertionResults.filter((test) => test.status === "failed");
  if (file.status === "failed" && failed.length === 0) return [{ where: path, why: file.message }];
  return failed.map((test) => ({
    where: `${path}: ${test.fullName}`,
    why: test.failureMessages?.[0] ?? "",
  }));
}
