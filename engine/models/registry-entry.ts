import { type EngineError, toEngineError } from '../base';
import { dimsOmitBatch, settingsOf } from '../config';
import type { ModelSettings, ModelSettingsPatch, ModelState } from '../contract';
import { describeChange } from './describe-change';
import { EntryViews } from './entry-views';
import type { FoundChange } from './found-changes';
import { moveModel } from './lifecycle';
import type { LoadSource } from './load-source';
import { type ModelDefinition, redefine } from './model-definition';
import { noticesOf } from './notices';
import { kindOf } from './plan-changes';
import type { ScannedModel } from './repository';
import { startVersions } from './served-versions';

/** One model of the registry: its definition on disk, its state, and the versions that serve. */
export class RegistryEntry extends EntryViews {
  /** Says that it is to serve, before its load has its turn. */
  want(): void {
    this.wanted = true;
    this.everWanted = true;
  }

  get #isToServe(): boolean {
    return this.wanted && !this.isOnCall;
  }

  /** Makes it wait for its first request instead of being loaded. */
  waitForRequest(reason: string): void {
    if (this.state !== 'unavailable') return;
    this.want();
    this.occupancy.callLater();
    this.reason = reason;
    this.tellChanged();
  }

  /** Loads what it was when it was evicted, unless it serves or is not wanted any more. */
  wake(drainLimitUs: number): Promise<void> {
    return this.turns.take(async () => {
      if (this.isOnCall && this.state === 'unavailable') await this.#serve(drainLimitUs);
    });
  }

  /** As `unload`, but it stays wanted: the next request loads it again. */
  evict(reason: string, drainLimitUs: number): Promise<void> {
    return this.turns.take(async () => {
      if (this.state !== 'ready') return;
      this.occupancy.evicted();
      await this.#letGo(reason, drainLimitUs);
    });
  }

  /** Loads what `read` finds. A failed load leaves what serves as it is. */
  load(read: () => Promise<LoadSource>, drainLimitUs: number): Promise<void> {
    return this.turns.take(() => this.#load(read, drainLimitUs));
  }

  /** As `load`, for a model that nobody asked for by name: neither its trial nor its failure makes the server unready. */
  tryLoad(read: () => Promise<LoadSource>, drainLimitUs: number): Promise<void> {
    return this.turns.take(async () => {
      this.isTrial = true;
      try {
        await this.#load(read, drainLimitUs);
      } catch (error) {
        if (this.state === 'unavailable') this.wanted = false;
        throw error;
      } finally {
        this.isTrial = false;
      }
    });
  }

  async #load(read: () => Promise<LoadSource>, drainLimitUs: number): Promise<void> {
    this.want();
    let source: LoadSource;
    try {
      source = await read();
    } catch (error) {
      if (this.state === 'unavailable') this.reason = toEngineError(error).message;
      this.tellChanged();
      throw error;
    }
    const before = { scanned: this.known, origins: this.origins };
    const overridden = this.override;
    this.origins = {};
    try {
      await this.#serveAs(source.definition, drainLimitUs);
    } catch (error) {
      this.origins = before.origins;
      await source.release();
      throw error;
    }
    const onDisk = overridden?.onDisk ?? before.scanned;
    this.override = source.isOverride ? { source, onDisk } : null;
    await overridden?.source.release();
  }

  /** @param onRefusing called when it takes no more requests; those it has are answered until the promise resolves */
  unload(drainLimitUs: number, onRefusing: () => void = () => undefined): Promise<void> {
    return this.turns.take(async () => {
      const wasOnCall = this.isOnCall;
      this.wanted = false;
      this.occupancy.forgetCall();
      if (wasOnCall) this.reason = 'unloaded';
      if (this.state === 'ready') await this.#letGo('unloaded', drainLimitUs, onRefusing);
      else if (!wasOnCall) return;
      await this.#dropOverride();
      this.tellChanged();
    });
  }

  async #letGo(reason: string, drainLimitUs: number, onRefusing = (): void => undefined): Promise<void> {
    this.#move('unloading', this.isOnCall ? reason : null);
    const leaving = this.versions.replace([]);
    onRefusing();
    await Promise.all(leaving.map((served) => served.retire(drainLimitUs)));
    this.#move('unavailable', reason);
  }

  async #dropOverride(): Promise<void> {
    const override = this.override;
    if (!override) return;
    this.override = null;
    this.known = override.onDisk;
    this.origins = {};
    await override.source.release();
  }

  /** Applies a patch to what serves (if anything), then, to keep it, writes it to config.pbtxt. */
  updateSettings(patch: ModelSettingsPatch, keep: boolean, drainLimitUs: number): Promise<void> {
    return this.turns.take(async () => {
      const definition = this.requireDefinition();
      // One setting can pull others along (threads follow the instances, preferred sizes the largest), so what is applied is
      // what the file will say, not the patch laid over the old values.
      const config = this.patched(patch) ?? definition.config;
      const { settings } = settingsOf(config, definition.settingsContext);
      const restacked = dimsOmitBatch(config, definition.batchable) !== definition.stacks;
      const next = restacked ? await redefine(definition, patch) : definition;
      // Those that wait are answered as they were meant, by the model as it was.
      if (restacked && this.state === 'ready') await this.#serveAs(next, drainLimitUs);
      else await this.#apply(definition, settings);
      // What serves by a load request has no file to be kept in.
      const written = keep && !this.isOverridden ? await this.configChanges.write(definition, patch) : next;
      for (const key of Object.keys(patch) as (keyof ModelSettings)[]) this.origins[key] = 'override';
      this.known = { name: this.name, definition: { ...written, config, settings }, error: null };
      this.tellChanged();
    });
  }

  /** Serves what the definition says; when that fails all is as before. */
  async #serveAs(definition: ModelDefinition, drainLimitUs: number): Promise<void> {
    const before = this.known;
    this.known = { name: this.name, definition, error: null };
    try {
      await this.#serve(drainLimitUs);
    } catch (error) {
      this.known = before;
      throw error;
    }
  }

  /** What a change of settings would do to config.pbtxt, as a unified diff; '' for nothing. Errors: INVALID_ARGUMENT. */
  async previewSettings(patch: ModelSettingsPatch): Promise<string> {
    const definition = this.requireDefinition();
    this.patched(patch);
    return this.isOverridden ? '' : this.configChanges.preview(definition, patch);
  }

  /**
   * Follows a change on disk. A changed config is applied while serving; changed model files are loaded beside the old ones.
   *
   * When what is known of the model (`scanned`) is another by now than when the look began, it was loaded or its settings were
   * written meanwhile, and the look may have read what was there before: it is not followed.
   *
   * @returns what changed in the settings, as text, empty when nothing did; null when the folder has to be scanned again
   */
  follow({ scanned, kind, known }: FoundChange, drainLimitUs: number): Promise<string | null> {
    return this.turns.take(async () => {
      if (this.override) {
        this.override.onDisk = scanned;
        return '';
      }
      const before = this.definition;
      const { definition } = scanned;
      if (before?.fingerprint !== known?.definition?.fingerprint) return null;
      if (!definition) return this.#keepServing(scanned);
      if (definition.fingerprint === before?.fingerprint) return this.#isAsBefore();
      this.known = scanned;
      this.origins = {};
      if (this.state === 'unavailable' && !this.wanted) this.reason = 'not loaded';
      // Between two scans settings may have changed how requests are stacked.
      const kinds = [kind, kindOf(before, definition)];
      if (this.#isToServe) await this.#followWhileServing(definition, kinds, drainLimitUs);
      this.tellChanged();
      return before ? describeChange(before.settings, definition.settings) : '';
    });
  }

  /** Files that were moved away and back again are the ones that serve. */
  #isAsBefore(): string {
    if (this.state === 'ready') this.reason = null;
    return '';
  }

  /** What is on disk cannot be used: what was loaded goes on. */
  #keepServing(broken: ScannedModel): string {
    this.known = { ...broken, definition: this.definition };
    this.reason = broken.error?.message ?? null;
    this.context.logger.error(
      `model "${this.name}": the change on disk cannot be used: ${this.reason}; what was loaded goes on`,
    );
    this.tellChanged();
    return '';
  }

  async #followWhileServing(
    definition: ModelDefinition,
    kinds: readonly ('config' | 'files')[],
    drainLimitUs: number,
  ): Promise<void> {
    try {
      if (!kinds.includes('files') && this.state === 'ready') {
        await this.#apply(definition, definition.settings);
      } else await this.#serve(drainLimitUs);
    } catch (error) {
      this.context.logger.error(
        `model "${this.name}": the change on disk was not taken: ${toEngineError(error).message}`,
      );
    }
  }

  async #apply(definition: ModelDefinition, settings: ModelSettings): Promise<void> {
    if (this.versions.all.length === 0) return;
    const stay = await this.occupancy.resize(definition, settings);
    try {
      await Promise.all(this.versions.all.map((served) => served.apply(settings)));
    } catch (error) {
      stay.restore();
      this.#leaveIfGone();
      throw error;
    }
    await stay.settle(this.serving?.provider ?? null);
    this.#leaveIfGone();
  }

  /** Its last instance may have been lost while its place in memory was changed. */
  #leaveIfGone(): void {
    if (this.state === 'unavailable') this.occupancy.leave();
  }

  /** Makes the versions of the definition serve: the new ones are up before the old ones are let go. */
  async #serve(drainLimitUs: number): Promise<void> {
    const definition = this.requireDefinition();
    const { clock } = this.context;
    const beganUs = clock.nowUs();
    const stay = await this.occupancy.admit(definition).catch((error: EngineError) => {
      this.reason = this.state === 'ready' ? this.reason : error.message;
      this.tellChanged();
      throw error;
    });
    if (this.state === 'unavailable') this.#move('loading', null);
    for (const notice of noticesOf(definition)) this.context.logger.warn(`model "${this.name}": ${notice}`);
    const lost = (version: string, reason: string) => this.#lost(version, reason);
    const started = await startVersions(definition, this.stats, this.context, lost).catch((failure) => {
      const error = toEngineError(failure);
      stay.restore();
      this.occupancy.forgetCall();
      if (this.state === 'loading') this.#move('unavailable', error.message);
      throw error;
    });
    this.labels = started.labels;
    const old = this.versions.replace(started.versions);
    this.loadDurationMs = (clock.nowUs() - beganUs) / 1000;
    stay.loaded(this.versions.warmedRows);
    this.#move('ready', null);
    await Promise.all(old.map((served) => served.retire(drainLimitUs)));
    await stay.settle(this.serving?.provider ?? null);
    this.#leaveIfGone();
  }

  /** A version's last instance is gone and cannot be replaced. Its requests have been failed; nothing waits for ever. */
  #lost(version: string, reason: string): void {
    const lost = this.versions.get(version);
    if (!lost || lost.readyInstances > 0) return;
    this.versions.delete(version);
    if (this.versions.all.length === 0 && this.state === 'ready') this.#move('unavailable', reason);
    void lost.retire(0);
  }

  #move(to: ModelState, reason: string | null): void {
    this.state = moveModel(this.state, to);
    this.reason = reason;
    if (to === 'unavailable') this.occupancy.leave();
    this.context.logger.info(`model "${this.name}" is ${to}${reason ? `: ${reason}` : ''}`);
    this.tellChanged();
  }
}
