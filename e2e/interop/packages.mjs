// The installed packages.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** node runs their programs. */
export const node = process.execPath;

/** bin is the path of a program in a package. */
export const bin = (name, path) => join(import.meta.dirname, 'node_modules', name, path);

/** titled puts the installed version behind a title. */
export function titled(title, name) {
  return `${title} ${JSON.parse(readFileSync(bin(name, 'package.json'))).version}`;
}
