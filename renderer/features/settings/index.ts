export { SettingsScreen } from './settings-screen';
export { SHORTCUTS, type Shortcut } from './shortcuts';
