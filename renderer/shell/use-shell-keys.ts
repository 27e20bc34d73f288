import { useEffect } from 'react';
import { togglePaused } from '../stores';
import { SCREENS, showScreen } from './route';

/** True while keys belong to what has the focus: text fields, sliders, open dialogs. */
function keysAreTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (document.querySelector('[role="dialog"]')) return true;
  return (
    target?.closest('input, textarea, select, [contenteditable="true"], [role="slider"], [role="listbox"]') !=
    null
  );
}

/** 1 to 5: screens; Space: pause the charts, unless a control wants it; ?: the list of shortcuts. */
export function useShellKeys(onShortcuts: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (keysAreTaken(event)) return;
      const screen = SCREENS[Number(event.key) - 1];
      if (screen) showScreen(screen);
      else if (event.key === '?') onShortcuts();
      else if (
        event.key === ' ' &&
        (event.target === document.body ||
          (event.target instanceof HTMLElement &&
            event.target.closest('button, a, [role="button"], [role="switch"], [role="tab"]') === null))
      ) {
        event.preventDefault();
        togglePaused();
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onShortcuts]);
}
