// Copies the licences of the repository beside what npm packs: npm follows no links.
import { copyFileSync } from 'node:fs';

for (const name of ['LICENSE-APACHE', 'LICENSE-MIT']) {
  copyFileSync(new URL(`../../../${name}`, import.meta.url), new URL(`../${name}`, import.meta.url));
}
