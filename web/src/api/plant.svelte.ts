import type { LiveSocket } from './socket';
import type { Connector, Status } from './types';

const kRateSamples = 120;

/** The server's status and its connectors, as the server tells them once a second. */
export class PlantStatus {
  status = $state.raw<Status | null>(null);
  connectors = $state.raw<Connector[] | null>(null);
  /** Samples per second, one entry per second, oldest first. */
  rates = $state.raw<number[]>([]);
  private subscription: number | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly socket: LiveSocket) {}

  start(): void {
    if (this.subscription !== null) return;
    this.subscription = this.socket.subscribe({ op: 'subscribe_status' }, (message) => {
      if (message.op !== 'status') return;
      this.accept(message.status as Status, message.connectors as Connector[] | undefined);
    });
    this.timer = setInterval(() => this.recordRate(), 1000);
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.subscription = null;
    this.status = null;
    this.connectors = null;
    this.rates = [];
  }

  accept(status: Status | undefined, connectors: Connector[] | undefined): void {
    if (status) this.status = status;
    if (connectors) this.connectors = connectors;
  }

  /** One connector's new state, as the answer to start or stop says it. */
  acceptOne(connector: Connector): void {
    this.connectors = (this.connectors ?? []).map((c) => (c.name === connector.name ? connector : c));
  }

  private recordRate(): void {
    const open = this.socket.state.phase === 'open';
    const rate = open && this.status ? this.status.engine.samples_per_s : Number.NaN;
    this.rates = [...this.rates.slice(1 - kRateSamples), rate];
  }
}
