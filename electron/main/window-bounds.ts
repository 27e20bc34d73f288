/** Pixels, in the coordinates of the whole desktop. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowState {
  readonly bounds: Rectangle;
  readonly isMaximized: boolean;
}

export const MIN_SIZE = { width: 960, height: 600 } as const;
const DEFAULT_SIZE = { width: 1360, height: 880 } as const;

/** So much of the title bar has to be on a display that a pointer can take hold of it. */
const GRIP = { width: 120, height: 40 } as const;

/**
 * Where the window opens: where it was, unless the displays have changed so that it could not be seen or held there; then
 * its size, cut to the primary display, in the middle of that.
 * @param workAreas of all displays, the primary first; never empty
 */
export function fitWindow(
  saved: WindowState | null,
  workAreas: readonly [Rectangle, ...Rectangle[]],
): WindowState {
  const [primary] = workAreas;
  if (saved === null) return { bounds: centre(DEFAULT_SIZE, primary), isMaximized: false };
  for (const area of workAreas) {
    const bounds = { ...saved.bounds, ...cut(saved.bounds, area) };
    if (isHeldBy(bounds, area)) return { bounds, isMaximized: saved.isMaximized };
  }
  return { bounds: centre(saved.bounds, primary), isMaximized: saved.isMaximized };
}

function isHeldBy(window: Rectangle, area: Rectangle): boolean {
  const across = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x);
  const isTitleBarInside = window.y >= area.y && window.y + GRIP.height <= area.y + area.height;
  return across >= GRIP.width && isTitleBarInside;
}

type Size = Pick<Rectangle, 'width' | 'height'>;

/** Never larger than the area; else never smaller than the console needs. */
function cut(size: Size, area: Rectangle): Size {
  return {
    width: Math.min(area.width, Math.max(MIN_SIZE.width, size.width)),
    height: Math.min(area.height, Math.max(MIN_SIZE.height, size.height)),
  };
}

function centre(size: Size, area: Rectangle): Rectangle {
  const { width, height } = cut(size, area);
  const x = area.x + Math.floor((area.width - width) / 2);
  const y = area.y + Math.floor((area.height - height) / 2);
  return { x, y, width, height };
}
