import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, test } from 'vitest';
import { ChangeList } from './change-list';
import type { ChartMark } from './chart-types';
import { hoverStore, setHover } from './hover';

const MARKS: readonly ChartMark[] = [
  { id: 1, kind: 'settings', secondsAgo: -30, text: 'a: batching fixed → auto' },
  { id: 2, kind: 'eviction', secondsAgo: -10, text: 'b is evicted to make room for c' },
];
const list = (marks: readonly ChartMark[]) => (
  <ChangeList marks={marks} when={({ secondsAgo }) => `${-secondsAgo} s ago`} empty="nothing changed" />
);
const rows = () => screen.getAllByRole('button');
const crosshair = () => hoverStore.getState().secondsAgo;

describe('the list of changes', () => {
  afterEach(() => {
    cleanup();
    act(() => setHover(null));
  });

  test('says when, what and why, newest first', () => {
    render(list(MARKS));
    expect(rows().map((row) => row.textContent)).toEqual([
      'E10 s agoevictionb is evicted to make room for c',
      'S30 s agosettingsa: batching fixed → auto',
    ]);
  });

  test('is one stop of the Tab key, and arrows lead the crosshair of the charts from change to change', () => {
    render(list(MARKS));
    expect(rows().map((row) => row.tabIndex)).toEqual([0, -1]);
    act(() => rows()[0]?.focus());
    expect(crosshair()).toBe(-10);
    fireEvent.keyDown(rows()[0] as HTMLElement, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(rows()[1]);
    expect(crosshair()).toBe(-30);
    expect(rows().map((row) => row.tabIndex)).toEqual([-1, 0]);
    fireEvent.keyDown(rows()[1] as HTMLElement, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(rows()[1]);
    fireEvent.keyDown(rows()[1] as HTMLElement, { key: 'Home' });
    expect(document.activeElement).toBe(rows()[0]);
  });

  test('keeps the crosshair on the change while the charts move on, and lets go of it', () => {
    const { rerender } = render(list(MARKS));
    act(() => rows()[1]?.focus());
    rerender(list(MARKS.map((mark) => ({ ...mark, secondsAgo: mark.secondsAgo - 5 }))));
    expect(crosshair()).toBe(-35);
    act(() => rows()[1]?.blur());
    expect(crosshair()).toBeNull();
  });

  test('follows the pointer, and goes back to the focused change after it', () => {
    render(list(MARKS));
    act(() => rows()[1]?.focus());
    fireEvent.pointerEnter(rows()[0] as HTMLElement);
    expect(crosshair()).toBe(-10);
    fireEvent.pointerLeave(screen.getByRole('list'));
    expect(crosshair()).toBe(-30);
  });

  test('says so when nothing has changed', () => {
    render(list([]));
    expect(screen.getByText('nothing changed')).toBeTruthy();
    expect(crosshair()).toBeNull();
  });
});
