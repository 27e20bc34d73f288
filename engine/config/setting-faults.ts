import type { ModelSettings } from '../contract';

export type SettingName = keyof ModelSettings;

/** What is wrong with settings. Collected, so that all of it is told at once and not one fault a try. */
export class SettingFaults {
  readonly #messages: string[] = [];
  readonly #settings = new Set<SettingName>();

  add(setting: SettingName, message: string): void {
    this.#settings.add(setting);
    this.#messages.push(message);
  }

  /** The setting itself has no sound value, so it is compared with no other. */
  has(setting: SettingName): boolean {
    return this.#settings.has(setting);
  }

  get messages(): readonly string[] {
    return this.#messages;
  }
}
