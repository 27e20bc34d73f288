import { readAmdGpu } from './amd-sysfs';
import { type DeviceSource, type SourceContext, STALE_AFTER_PERIODS } from './device-source';
import { isAsleep } from './drm-folder';
import { listOrNone, readTextOrNull } from './files';
import { IntelGpu } from './intel-sysfs';
import { pciDeviceName } from './pci-ids';
import { Poller } from './poller';
import { allUnknown, type Device, type DeviceReadings, type Vendor } from './readings';

const DRM = '/sys/class/drm';
const PCI_ID_FILES = ['/usr/share/hwdata/pci.ids', '/usr/share/misc/pci.ids'];

const VENDORS: Readonly<Record<string, Vendor>> = { '0x1002': 'amd', '0x8086': 'intel', '0x10de': 'nvidia' };
const VENDOR_NAMES: Readonly<Record<Vendor, string>> = {
  amd: 'AMD',
  intel: 'Intel',
  nvidia: 'NVIDIA',
  apple: 'Apple',
  other: 'Other',
};

const INTEL_NOTE =
  'Utilisation is the share of time in which the GPU was awake, an upper bound of busy: engine busyness needs more rights.';
const NO_NVIDIA_SMI =
  "NVIDIA's readings come from nvidia-smi, which is not installed or finds no GPU: install NVIDIA's driver (nouveau shows none)";

interface Card {
  readonly vendor: Vendor;
  readonly info: Device['info'];
  /** The PCI device's folder. */
  readonly folder: string;
  readonly read: (nowUs: number) => Promise<DeviceReadings>;
  readings: DeviceReadings;
}

/** GPUs that Linux shows under /sys/class/drm: AMD's and Intel's with readings, NVIDIA's by name only. */
export class DrmSource implements DeviceSource {
  readonly #poller: Poller;
  #cards: Card[] = [];

  constructor(private readonly context: SourceContext) {
    this.#poller = new Poller(
      context.clock,
      context.periodMs,
      () => this.#poll(),
      (error) => context.logger.warn(`Reading a GPU's figures failed: ${String(error)}`),
    );
  }

  async start(): Promise<void> {
    await this.#find();
    if (this.#cards.length > 0) await this.#poller.start();
  }

  devices(): readonly Device[] {
    const doneUs = this.#poller.lastDoneUs;
    const ageUs = doneUs === null ? 0 : this.context.clock.nowUs() - doneUs;
    const stale = ageUs > STALE_AFTER_PERIODS * this.#poller.periodMs * 1000;
    const reason = `the driver has not answered for ${Math.round(ageUs / 1_000_000)} s`;
    return this.#cards.map(({ vendor, info, readings }) => ({
      vendor,
      info,
      readings: stale ? allUnknown(info.id, reason) : readings,
    }));
  }

  async stop(): Promise<void> {
    await this.#poller.stop();
  }

  async #find(): Promise<void> {
    const counts = new Map<Vendor, number>();
    // "card0" is a GPU, "card0-DP-1" a socket of it.
    const names = (await listOrNone(this.context.files, DRM)).filter((name) => /^card\d+$/.test(name));
    for (const name of names) {
      const vendor = VENDORS[(await this.#text(`${DRM}/${name}/device/vendor`)) ?? ''];
      if (vendor === undefined) continue;
      const number = counts.get(vendor) ?? 0;
      counts.set(vendor, number + 1);
      this.#cards.push(await this.#card(vendor, `${vendor}:${number}`, `${DRM}/${name}`));
    }
  }

  async #card(vendor: Vendor, id: string, card: string): Promise<Card> {
    const { files } = this.context;
    const folder = `${card}/device`;
    const name = await this.#name(vendor, folder);
    const info = (source: string, note: string | null) => ({ id, kind: 'gpu', name, source, note }) as const;
    const readings = allUnknown(id, 'measuring: the first reading is under way');
    if (vendor === 'amd') {
      const read = () => readAmdGpu(files, id, folder);
      return { vendor, folder, info: info('amdgpu sysfs', null), read, readings };
    }
    if (vendor === 'intel') {
      const gpu = new IntelGpu(files, id, card);
      return {
        vendor,
        folder,
        info: info('intel sysfs', INTEL_NOTE),
        read: (nowUs) => gpu.read(nowUs),
        readings,
      };
    }
    const read = async () => allUnknown(id, NO_NVIDIA_SMI);
    return { vendor, folder, info: info('drm sysfs', NO_NVIDIA_SMI), read, readings };
  }

  async #poll(): Promise<void> {
    const nowUs = this.context.clock.nowUs();
    for (const card of this.#cards) {
      const id = card.info.id;
      // A sleeping card must not be woken to be asked how busy it is.
      const asleep = await isAsleep(this.context.files, card.folder);
      card.readings = asleep ? allUnknown(id, 'the GPU is asleep to save power') : await card.read(nowUs);
    }
  }

  async #name(vendor: Vendor, folder: string): Promise<string> {
    const product = await this.#text(`${folder}/product_name`);
    if (product)
      return product.startsWith(VENDOR_NAMES[vendor]) ? product : `${VENDOR_NAMES[vendor]} ${product}`;
    const [vendorId = '', deviceId = ''] = [
      await this.#text(`${folder}/vendor`),
      await this.#text(`${folder}/device`),
    ].map((text) => (text ?? '').replace(/^0x/, ''));
    for (const path of PCI_ID_FILES) {
      const database = await this.#text(path);
      const known = database === null ? null : pciDeviceName(database, vendorId, deviceId);
      if (known) return `${VENDOR_NAMES[vendor]} ${known}`;
    }
    return `${VENDOR_NAMES[vendor]} GPU (PCI ${vendorId}:${deviceId})`;
  }

  #text(path: string): Promise<string | null> {
    return readTextOrNull(this.context.files, path);
  }
}
