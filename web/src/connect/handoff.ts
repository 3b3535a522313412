import type { Choice } from './readings';

/** A reading that was chosen on another page and is to become a tag; taken once. */
class Handoff {
  private waiting: { connector: string; device: string; choice: Choice } | null = null;

  give(connector: string, device: string, choice: Choice): void {
    this.waiting = { connector, device, choice };
  }

  take(connector: string): { device: string; choice: Choice } | null {
    const given = this.waiting;
    this.waiting = null;
    return given?.connector === connector ? given : null;
  }
}

export const handoff = new Handoff();
