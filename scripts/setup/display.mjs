/** Whether a window can be shown here. Only Linux has machines without a display of their own. */
export function hasDisplay(env = process.env, platform = process.platform) {
  return platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** Chromium's sandbox refuses to start for root on Linux: only then it has to be switched off. */
export function needsNoSandbox(platform = process.platform, uid = process.getuid?.()) {
  return platform === 'linux' && uid === 0;
}
