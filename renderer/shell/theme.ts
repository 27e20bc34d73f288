import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** Sea green-blue: the ferry's own colour, dark enough for 4.5:1 under white text at shade 7. */
const ferry: MantineColorsTuple = [
  '#e3f8fb',
  '#cdeef3',
  '#9edce6',
  '#6bc9d8',
  '#42b9cc',
  '#2aafc5',
  '#16a3ba',
  '#0b7f93',
  '#066a7c',
  '#00505f',
];

/** A calmer, slightly blue dark than the library's own. */
const dark: MantineColorsTuple = [
  '#d5dae3',
  '#b3bac8',
  '#8f98a9',
  '#5b6577',
  '#384152',
  '#2a3241',
  '#1d2430',
  '#161b25',
  '#10141c',
  '#0b0e14',
];

export const theme = createTheme({
  primaryColor: 'ferry',
  primaryShade: { light: 7, dark: 7 },
  colors: { ferry, dark },
  autoContrast: true,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace:
    'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
  headings: {
    fontWeight: '600',
    sizes: { h2: { fontSize: '1.25rem' }, h3: { fontSize: '1.05rem' }, h4: { fontSize: '0.95rem' } },
  },
});
