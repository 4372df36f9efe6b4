// Builds the addon, and generates the files that load and declare it: `npm run build`, or `npm run build -- DIRECTORY` to
// put all of it there. CARGO_BUILD_FEATURES names the Cargo features, separated by commas; without it all backends are
// built, and with an empty one there is polling only. CARGO_BUILD_TARGET is for another platform.
import { NapiCli } from '@napi-rs/cli';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const features = process.env.CARGO_BUILD_FEATURES;
const [directory] = process.argv.slice(2);
const outputDir = directory && resolve(directory);
if (outputDir) mkdirSync(outputDir, { recursive: true });
const { task } = await new NapiCli().build({
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  outputDir,
  platform: true,
  release: true,
  strip: true,
  jsBinding: 'native.js',
  dts: 'native.d.ts',
  target: process.env.CARGO_BUILD_TARGET,
  noDefaultFeatures: features !== undefined,
  // As one argument: cargo splits it.
  features: features ? [features] : undefined,
});
task.catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
