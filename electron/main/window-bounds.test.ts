import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitWindow, type Rectangle } from './window-bounds';

const laptop: Rectangle = { x: 0, y: 25, width: 1440, height: 875 };
const beside: Rectangle = { x: 1440, y: 0, width: 2560, height: 1440 };

describe('fitWindow', () => {
  it('opens in the middle of the primary display the first time', () => {
    expect(fitWindow(null, [laptop, beside])).toEqual({
      bounds: { x: 40, y: 25, width: 1360, height: 875 },
      isMaximized: false,
    });
  });

  it('opens where it was, also on the second display', () => {
    const saved = { bounds: { x: 1500, y: 100, width: 1200, height: 800 }, isMaximized: true };
    expect(fitWindow(saved, [laptop, beside])).toEqual(saved);
  });

  it('comes home when its display was unplugged, and stays maximised', () => {
    const saved = { bounds: { x: 1500, y: 100, width: 1200, height: 800 }, isMaximized: true };
    expect(fitWindow(saved, [laptop])).toEqual({
      bounds: { x: 120, y: 62, width: 1200, height: 800 },
      isMaximized: true,
    });
  });

  it('comes home when its title bar is above or below every display', () => {
    const above = { bounds: { x: 100, y: -300, width: 1000, height: 700 }, isMaximized: false };
    expect(fitWindow(above, [laptop]).bounds.y).toBeGreaterThanOrEqual(laptop.y);
  });

  it('can always be seen and held, whatever was saved and whatever the displays are', () => {
    const coordinate = fc.integer({ min: -10_000, max: 10_000 });
    const size = fc.integer({ min: 1, max: 10_000 });
    const rectangle = fc.record({ x: coordinate, y: coordinate, width: size, height: size });
    const display = fc.record({
      x: coordinate,
      y: coordinate,
      width: fc.integer({ min: 800, max: 6000 }),
      height: fc.integer({ min: 600, max: 3000 }),
    });
    fc.assert(
      fc.property(rectangle, display, fc.array(display, { maxLength: 2 }), (bounds, primary, others) => {
        const areas: [Rectangle, ...Rectangle[]] = [primary, ...others];
        const { bounds: fit } = fitWindow({ bounds, isMaximized: false }, areas);
        const isHeld = areas.some(
          (area) =>
            fit.y >= area.y &&
            fit.y + 40 <= area.y + area.height &&
            Math.min(fit.x + fit.width, area.x + area.width) - Math.max(fit.x, area.x) >= 120 &&
            fit.width <= area.width &&
            fit.height <= area.height,
        );
        expect(isHeld).toBe(true);
      }),
    );
  });
});
