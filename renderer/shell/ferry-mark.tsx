/** A hull with a stack of three on deck. */
export function FerryMark() {
  return (
    <svg width="26" height="26" viewBox="0 0 26 26" aria-hidden="true">
      <rect x="6" y="8" width="4" height="6" rx="1" fill="var(--ferry-chart-3)" />
      <rect x="11" y="5" width="4" height="9" rx="1" fill="var(--ferry-chart-1)" />
      <rect x="16" y="8" width="4" height="6" rx="1" fill="var(--ferry-chart-2)" />
      <path d="M2 15h22l-3 6H5z" fill="var(--mantine-primary-color-filled)" />
    </svg>
  );
}
