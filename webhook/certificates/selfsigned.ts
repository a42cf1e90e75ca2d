/** Half a megabyte that the build keeps in a file of its own: needed once a year, it would be memory for ever. */
// biome-ignore lint/performance/noBarrelFile: the one door to the library is what this file is for
export { generate } from "selfsigned";
