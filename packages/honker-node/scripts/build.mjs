// Builds the addon: `npm run build`. CARGO_BUILD_FEATURES names the Cargo features, separated by commas; without it all
// backends are built, and with an empty one there is polling only.
import { NapiCli } from '@napi-rs/cli';

const features = process.env.CARGO_BUILD_FEATURES;
const { task } = await new NapiCli().build({
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
