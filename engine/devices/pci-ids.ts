/**
 * A device's name out of the PCI ID database (pci.ids: vendors at the margin, their devices one tab in).
 * @param vendor @param device hexadecimal without "0x", as in "1002" and "744c"
 * @returns null when the database does not know it
 */
export function pciDeviceName(database: string, vendor: string, device: string): string | null {
  const start = sectionStart(database, vendor.toLowerCase());
  if (start < 0) return null;
  for (let at = database.indexOf('\n', start) + 1; at > 0; at = database.indexOf('\n', at) + 1) {
    const code = database[at];
    if (code === '#' || (code === '\t' && database[at + 1] === '\t')) continue;
    if (code !== '\t') return null;
    if (database.startsWith(`\t${device.toLowerCase()} `, at)) return lineAt(database, at).slice(6).trim();
  }
  return null;
}

function sectionStart(database: string, vendor: string): number {
  if (database.startsWith(`${vendor} `)) return 0;
  const before = database.indexOf(`\n${vendor} `);
  return before < 0 ? -1 : before + 1;
}

function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(at, end < 0 ? undefined : end);
}
