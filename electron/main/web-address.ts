/** `address` taken apart, or null when it is none. (`URL.parse` is younger than the oldest Electron in use.) */
export function parseAddress(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null;
}

/** Web addresses only: anything else (file:, smb:, an app's own scheme) could start a program. */
export function isWebAddress(address: string): boolean {
  const url = parseAddress(address);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.username === '';
}

/** Whether the address is of this origin. `URL.origin` is "null" for schemes of our own, so it is put together here. */
export function isOfOrigin(address: string, origin: string): boolean {
  const url = parseAddress(address);
  return url !== null && `${url.protocol}//${url.host}` === origin;
}
